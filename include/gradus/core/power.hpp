#pragma once

namespace gradus {

/// x^y for x > 0, with the same bits everywhere: by our own series, since pow() differs between C libraries.
/// Within 1e-15 of its value for results between 1e-30 and 1e30. x^0 is 1, and so is 1^y.
double power(double x, double y);

}  // namespace gradus
