// begin_for_pytorch RULE FILE: the first half of the training of pytorch_cases.py, saved.

#include <cstdio>

#include "checkpoint/pytorch_training.hpp"
#include "gradus/checkpoint/checkpoint.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    gradus::test::PytorchTraining training(gradus::parse_rule(argv[1]));
    training.train(0, 10);
    gradus::checkpoint::save(training.optimizer, argv[2]);
    return 0;
  } catch (const gradus::Error& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
