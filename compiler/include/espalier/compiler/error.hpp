#pragma once

#include <stdexcept>

namespace espalier {

/// The user's mistake (a space, a file, a flag): the message names the object, both numbers and the remedy. The command
/// exits with 2.
class user_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A broken invariant of Espalier itself. The command exits with 1.
class internal_error : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

} // namespace espalier
