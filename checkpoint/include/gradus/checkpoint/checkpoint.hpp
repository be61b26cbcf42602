#pragma once

#include <filesystem>
#include <future>

#include "gradus/checkpoint/disk.hpp"
#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/optimizer.hpp"

/// A training in a file, so that it goes on as if it had not been broken off: to the bits, in every type of state.
namespace gradus::checkpoint {

/// Parameters, all that the optimizer keeps of them, groups with their hyperparameters and schedules, and its steps, as
/// write_tensor_file() writes. A parameter is a tensor of its name, what is kept of it `state.PARAMETER.SLOT`; the rest is
/// JSON in the metadata. Rows of RowSteps::caught_up are caught up first, which changes no bit of what is to come.
///
/// Throws Error as that does; where a rule or a schedule has no text (registry.hpp and schedules/text.hpp tell how to give
/// it one); and between Optimizer::evaluate() and train().
void save(Optimizer& optimizer, const std::filesystem::path& file, Disk& disk = system_disk());

/// The same while the training goes on: copies all that is to be written, which takes as much memory again until the file is
/// there, and writes it in a thread of its own. get() returns when the file is on the disk, or throws what save() throws of
/// a disk; what it throws of an optimizer, this throws. A future that is dropped waits, and nobody hears of an Error.
[[nodiscard]] std::future<void> save_async(Optimizer& optimizer, std::filesystem::path file,
                                           Disk& disk = system_disk());

struct LoadOptions {
  bool parameters = true;       ///< put them back, too
  bool hyperparameters = true;  ///< take the file's, with their schedules; otherwise the optimizer's own stay
  /// Files of other programs, that is, converted ones, have no record: changes of their data go unnoticed.
  Record record = Record::required;
};

/// Puts all back that save() has written, into an optimizer with the same parameters by name, shape and type, in groups of
/// the same rules, whatever steps it has taken. All or nothing: throws Error, which lists what is missing, what is too
/// much and what is different, and then neither the optimizer nor a parameter has changed.
void load(Optimizer& optimizer, const std::filesystem::path& file, const LoadOptions& options = {},
          Disk& disk = system_disk());

}  // namespace gradus::checkpoint
