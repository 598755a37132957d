#pragma once

#include <utility>

#include "common/philox.h"

// Functions that give the same bits on every x86-64 machine: the C library's differ in their last bits, because it
// picks them by the processor. Only operations that IEEE 754 rounds correctly are used.
namespace understudy {

/// e^x within a few units in the last place; 0 below -700, @pre x <= 700.
double portable_exp(double x);

/// Natural logarithm within 1e-15 of its size or of 1. @pre x > 0, finite and not subnormal
double portable_log(double x);

/// Two independent standard normal numbers from the stream's next two words (Box-Muller).
std::pair<double, double> portable_normals(Draws& draws);

}  // namespace understudy
