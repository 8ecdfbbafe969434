#include <espalier/compiler/error.hpp>
#include <espalier/compiler/safetensors.hpp>

#include "catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<stored_tensor> const sound{
    {"conv0.weight", element_type::f32, {2, 1}, "abcdefgh"},
    {"empty", element_type::f32, {0, 3}, ""},
    {"mask", element_type::boolean, {3}, "xyz"},
    {"norm \"0\"", element_type::i64, {}, "01234567"},
};

// A file by its header and data.
std::string file_of(std::string const& header, std::string const& data) {
  std::string length;
  for (std::size_t i = 0; i < 8; ++i)
    length += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header + data;
}

std::string entry(std::string const& name, std::string const& type, std::string const& shape,
                  std::string const& offsets) {
  return "\"" + name + R"(": {"dtype": ")" + type + R"(", "shape": [)" + shape + R"(], "data_offsets": [)" + offsets +
         "]}";
}

void check_refused(std::string const& content, std::string const& part) {
  CAPTURE(content);
  CHECK_THROWS_AS(read_safetensors(content, "w.safetensors"), espalier::user_error);
  CHECK_THROWS_WITH(read_safetensors(content, "w.safetensors"),
                    ContainsSubstring("w.safetensors: ") && ContainsSubstring(part));
}

} // namespace

TEST_CASE("tensors survive a safetensors file") {
  auto const content = write_safetensors(sound);
  CHECK(read_safetensors(content, "w") == sound);
  CHECK(content == write_safetensors({sound.rbegin(), sound.rend()}));
  CHECK(content.find("01234567") % 8 == 0);
  CHECK(content.find("abcdefgh") % 4 == 0);
  CHECK(read_safetensors(write_safetensors({}), "w").empty());
}

TEST_CASE("a safetensors file is read as its format says") {
  auto const tensors =
      read_safetensors(file_of(R"({"__metadata__": {"format": "pt"}, )" + entry("b", "U8", "2", "4, 6") + ", " +
                                   entry("a", "F32", "1", "0, 4") + "}   ",
                               "wxyzuv"),
                       "w");
  REQUIRE(tensors.size() == 2);
  CHECK(tensors[0] == stored_tensor{"a", element_type::f32, {1}, "wxyz"});
  CHECK(tensors[1] == stored_tensor{"b", element_type::u8, {2}, "uv"});
}

TEST_CASE("a safetensors file that is cut anywhere is refused") {
  auto const content = write_safetensors(sound);
  for (std::size_t size = 0; size < content.size(); ++size)
    CHECK_THROWS_AS(read_safetensors(std::string_view{content}.substr(0, size), "w"), espalier::user_error);
  check_refused(content + "!", "its tensors take 19 bytes of data, 20 are there");
}

TEST_CASE("a safetensors header that claims too much is refused") {
  check_refused(std::string(8, '\xff'), "claims 18446744073709551615 bytes, at most 100000000 are allowed");
  check_refused(std::string("\x10\0\0\0\0\0\0\0{}", 10), "claims 16 bytes, 2 are there");
  check_refused("short", "5 bytes, its header's length alone takes 8");
  check_refused(file_of("{" + entry("a", "F32", "9000000000000000000, 9", "0, 4") + "}", "abcd"),
                "take more than 64 bits can say");
  check_refused(file_of("{" + entry("a", "F32", "1", "0, 99999999999999999999") + "}", "abcd"), "data_offsets of 'a'");
}

TEST_CASE("safetensors offsets that do not fit are refused with both numbers") {
  auto const two = [](std::string const& first, std::string const& second) {
    return file_of("{" + entry("a", "F32", "1", first) + "," + entry("b", "F32", "1", second) + "}", "abcdefgh");
  };
  CHECK(read_safetensors(two("0, 4", "4, 8"), "w").size() == 2);
  check_refused(two("0, 4", "0, 4"), "'b' begins at byte 0 of the data, what lies before it ends at 4");
  check_refused(two("0, 4", "2, 6"), "'b' begins at byte 2 of the data, what lies before it ends at 4");
  check_refused(two("0, 4", "8, 12"), "'b' begins at byte 8 of the data, what lies before it ends at 4");
  check_refused(two("0, 4", "8, 4"), "'b' begins at byte 8 and ends at 4");
  check_refused(two("0, 4", "4, 12"), "'b' has 8 bytes, F32 of shape [1] take 4");
  check_refused(two("0, 4", "4"), "'b' has 1 data_offsets, 2 are needed");
  check_refused(file_of("{" + entry("a", "F32", "2", "0, 8") + "}", "abcd"), "take 8 bytes of data, 4 are there");
}

TEST_CASE("safetensors types and shapes that do not fit are refused") {
  auto const one = [](std::string const& type, std::string const& shape) {
    return file_of("{" + entry("a", type, shape, "0, 4") + "}", "abcd");
  };
  check_refused(one("F64", "1"), "'a' has 4 bytes, F64 of shape [1] take 8");
  check_refused(one("F8", "4"), "'a' has dtype \"F8\", which is none of F64, F32");
  check_refused(one("F32", "-1"), "shape of 'a'");
  check_refused(one("F32", "1.0"), "shape of 'a'");
  check_refused(one("F32", "\"1\""), "shape of 'a'");
}

TEST_CASE("safetensors headers that are something else are refused") {
  check_refused(file_of("[]", ""), "does not begin with a brace");
  check_refused(file_of("{\"a\": ", ""), "is no JSON");
  check_refused(file_of("{\"a\": 1}", ""), "'a' is not described by");
  check_refused(file_of(R"({"a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4], "more": 1}})", "abcd"),
                "'a' is not described by");
  check_refused(file_of("{" + entry("a", "F32", "1", "0, 4") + "," + entry("a", "F32", "1", "0, 4") + "}", "abcd"),
                "'a' twice");
  check_refused(file_of(R"({"__metadata__": {"a": 1}})", ""), "metadata");
  check_refused(file_of("{\"a\": " + std::string(100'000, '['), ""), "nests");
  check_refused(file_of("{\"\xff\": 1}", ""), "is no JSON");
}
