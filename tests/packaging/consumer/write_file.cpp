#include <espalier/runtime/atomic_file.hpp>

int main(int, char** arguments) {
  espalier::runtime::write_atomically(arguments[1], "written by the consumer\n");
}
