#pragma once

#include "lab/data/dataset.hpp"
#include "lab/race/training.hpp"

namespace gradus::lab {

/// Trains a model with libtorch on the calling thread alone (it sets libtorch's number of threads to one
/// there), so that a training's numbers do not depend on what runs beside it. Batches are drawn in an order
/// that the seed alone decides; images that do not fill a last batch are left out of that epoch.
TrainingRecord train(const TrainingSpec& spec, const Dataset& data, const TrainingWatch& watch);

}  // namespace gradus::lab
