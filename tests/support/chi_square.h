#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace understudy {

/// Pearson's chi^2 of counts against probabilities that add up to 1. Infinite when something came that cannot.
inline double chi_square(const std::vector<std::size_t>& counts, const std::vector<double>& probabilities) {
  double total = 0;
  for (const std::size_t count : counts) total += static_cast<double>(count);
  double chi = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * probabilities[i];
    const double difference = static_cast<double>(counts[i]) - expected;
    if (expected > 0) chi += difference * difference / expected;
    if (expected <= 0 && counts[i] > 0) return std::numeric_limits<double>::infinity();
  }
  return chi;
}

/// The probability of a chi^2 at least as large by chance: the regularised upper incomplete gamma function
/// Q(freedom / 2, chi / 2), from its recurrence Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1).
inline double chi_square_tail(double chi, std::size_t freedom) {
  const double x = chi / 2;
  if (std::isinf(x)) return 0;
  double a = freedom % 2 == 0 ? 1.0 : 0.5;
  double tail = freedom % 2 == 0 ? std::exp(-x) : std::erfc(std::sqrt(x));
  for (; 2 * a < static_cast<double>(freedom); a += 1)
    tail += x > 0 ? std::exp(a * std::log(x) - x - std::lgamma(a + 1)) : 0.0;
  return tail;
}

/// How likely counts at least this far from the probabilities are. Balanced draws come out near 1, which is right; a
/// small number means that the draw is another than stated. @param probabilities  one a count, adding up to 1
inline double p_value(const std::vector<std::size_t>& counts, const std::vector<double>& probabilities) {
  std::size_t possible = 0;
  for (const double probability : probabilities) possible += probability > 0 ? 1 : 0;
  return chi_square_tail(chi_square(counts, probabilities), possible - 1);
}

/// The same for equal probabilities.
inline double p_value(const std::vector<std::size_t>& counts) {
  return p_value(counts, std::vector<double>(counts.size(), 1.0 / static_cast<double>(counts.size())));
}

/// Seeds are fixed, so a test passes always or never; a correct draw falls below with this chance when it is written.
inline constexpr double kSmallestP = 1e-4;

}  // namespace understudy
