#pragma once

#include <string>

#include "trainer/report/run_history.h"

namespace understudy {

/// The parts of a report, in the order of the page. Each is there for every run, and says so where the run has nothing
/// to show in it. HTML.
std::string summary_section(const RunHistory& history);
std::string curves_section(const RunHistory& history);
std::string validation_section(const RunHistory& history);
/// Holds the pictures themselves. @throws DataError, FileError  when one cannot be read
std::string samples_section(const RunHistory& history);
std::string time_section(const RunHistory& history);
std::string starts_section(const RunHistory& history);
std::string machines_section(const RunHistory& history);
std::string provenance_section(const RunHistory& history);
std::string checkpoints_section(const RunHistory& history);
std::string exports_section(const RunHistory& history);

}  // namespace understudy
