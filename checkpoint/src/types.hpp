#pragma once

#include <array>

#include "gradus/checkpoint/tensor.hpp"

namespace gradus::checkpoint {

struct TypeRow {
  std::string_view name;
  std::size_t bytes;
};

/// In the order of Type.
inline constexpr std::array kTypes{
    TypeRow{"BOOL", 1},        TypeRow{"U8", 1},      TypeRow{"I8", 1},          TypeRow{"F8_E4M3", 1},
    TypeRow{"F8_E4M3FNUZ", 1}, TypeRow{"F8_E5M2", 1}, TypeRow{"F8_E5M2FNUZ", 1}, TypeRow{"F8_E8M0", 1},
    TypeRow{"I16", 2},         TypeRow{"U16", 2},     TypeRow{"F16", 2},         TypeRow{"BF16", 2},
    TypeRow{"I32", 4},         TypeRow{"U32", 4},     TypeRow{"F32", 4},         TypeRow{"I64", 8},
    TypeRow{"U64", 8},         TypeRow{"F64", 8},     TypeRow{"C64", 8}};

}  // namespace gradus::checkpoint
