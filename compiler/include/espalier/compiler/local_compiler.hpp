#pragma once

#include <espalier/compiler/header_space.hpp>

#include <string_view>

namespace espalier::compiler {

/// The C++ compiler of this machine, `$CXX`, or the one that built Espalier, or g++, with the folders of Espalier's
/// headers. What it makes is kept in the folder `kept` of `$XDG_CACHE_HOME/espalier`, or of `~/.cache/espalier`. A
/// `user_error` where the headers are gone.
header_compiler local_compiler(std::string_view kept);

} // namespace espalier::compiler
