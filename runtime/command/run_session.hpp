#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/dataset.hpp>
#include <espalier/runtime/run_folder.hpp>

#include <functional>
#include <string>

namespace espalier::command {

/// Sets LibTorch's threads, warns where the BLAS is slow, and returns how many threads there are.
int prepare_torch(int threads);

/// Loads data whose images and classes are those of the space; anything else is a `user_error`.
runtime::train_test load_fitting_data(std::string const& name_or_directory, compiler::compiled_space const& space);

/// What identifies data when a run resumes: its name (of a folder the last part), sizes, and a
/// fingerprint of all pixels and labels.
nlohmann::json identity_of(runtime::train_test const& data);

/// Does `run` in an output folder that records what defines the run, and that processes of the same command may share.
/// A run that fails before it leaves anything of its own there leaves no record either, so that the corrected command
/// can use the folder.
void in_run_folder(std::string const& output, nlohmann::json manifest, compiler::compiled_space const& space,
                   std::function<void(runtime::run_folder&)> const& run,
                   runtime::run_folder::access users = runtime::run_folder::access::exclusive);

} // namespace espalier::command
