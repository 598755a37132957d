#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// What a monitoring system wants to know of a run, at one moment.
struct RunGauges {
  std::string run;     ///< its directory's name
  std::string system;  ///< recipe
  std::string phase;
  std::int64_t completed = 0;
  std::int64_t end = 0;
  std::uint64_t start = 0;  ///< number of this start
  int ranks = 1;
  double seconds_per_iteration = 0.0;
  double samples_per_second = 0.0;
  double data_wait_share = 0.0;
  std::vector<Term> terms;       ///< of the last logged iteration
  std::vector<Term> validation;  ///< of the last one; empty: none yet
  std::int64_t saved = -1;       ///< iteration of the newest save that was begun; none: -1
  double time = 0.0;             ///< seconds since 1970
};

/// Prometheus' text format (version 0.0.4), for the textfile collector of a node exporter.
std::string prometheus_text(const RunGauges& gauges);

/// "understudy-NAME.prom", NAME with only what file names may hold everywhere.
std::string prometheus_file_name(const std::string& run);

}  // namespace understudy
