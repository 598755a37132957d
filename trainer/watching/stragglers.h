#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace understudy {

/// A rank that takes much longer than the usual one.
struct SlowRank {
  std::size_t rank = 0;
  double seconds = 0.0;  ///< a micro-batch
  double usual = 0.0;
  double times_usual() const { return seconds / usual; }
};

/// @param seconds  that every rank takes for a micro-batch
std::vector<SlowRank> slow_ranks(const std::vector<double>& seconds);

/// Finds ranks that are slower than the others over many iterations. A slow rank holds up all: it is worth a line in
/// the log, but no reason to end the run.
class Stragglers {
 public:
  /// @param nodes  name of every rank's machine  @param micro_batches  of every rank: shares may differ by one
  Stragglers(std::vector<std::string> nodes, std::vector<std::int64_t> micro_batches);

  /// Takes the seconds that every rank computed in one iteration, waiting for others not counted.
  /// @return  every hundred iterations in which a rank was slow, a table of the slow ones
  std::optional<std::string> add(const std::vector<double>& seconds);

 private:
  std::optional<std::string> table() const;

  std::vector<std::string> nodes_;
  std::vector<std::int64_t> micro_batches_;
  std::vector<std::vector<double>> seconds_of_ranks_;  ///< a micro-batch, since the last look
};

}  // namespace understudy
