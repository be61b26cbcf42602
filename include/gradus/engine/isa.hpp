#pragma once

#include <string_view>
#include <vector>

namespace gradus {

/// An instruction set that the sweep is compiled for. Results do not depend on it, only speed does.
/// `baseline` is what every CPU of the target has: SSE2 on x86-64, NEON on AArch64. `avx2` is that with FMA,
/// which only products of matrices use; so is `avx512`.
enum class Isa { baseline, avx2, avx512 };

std::string_view name_of(Isa isa);

/// Those that this CPU can run, slowest first.
std::vector<Isa> available_isas();

/// The fastest one, or the one that the environment variable GRADUS_ISA names.
/// Throws Error if that value is unknown or this CPU lacks it.
Isa choose_isa();

}  // namespace gradus
