#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/compiled_space.hpp>

#include <filesystem>
#include <string>

namespace espalier::command {

/// The architecture that ARCH means: a JSON file, or the folder of a run that wrote one.
compiler::architecture load_architecture(std::string const& source, compiler::decision_space const& space);
compiler::architecture load_architecture(std::string const& source, compiler::compiled_space const& space);

/// The file that ARCH means.
std::filesystem::path architecture_file(std::string const& source);

/// The JSON text that is written for an architecture.
std::string architecture_text(compiler::compiled_space const& space, compiler::architecture const& a);

} // namespace espalier::command
