#pragma once

#include <cstdint>

#include "lab/tasks/net.hpp"

/// The nets of the tasks, each in the file of its task.
namespace gradus::lab {

NetMaker make_mlp(std::int64_t pixels);
NetMaker make_cnn(std::int64_t rows, std::int64_t columns);

enum class Gradients { dense, of_rows };
/// Tokens are 1 to `vocabulary`; 0 is passed by.
NetMaker make_bag(std::int64_t vocabulary, std::int64_t classes, Gradients of_embedding);

/// Tokens are 0 to `tokens` - 1.
NetMaker make_bigram(std::int64_t tokens);
NetMaker make_lstm(std::int64_t tokens);
NetMaker make_transformer(std::int64_t tokens);

}  // namespace gradus::lab
