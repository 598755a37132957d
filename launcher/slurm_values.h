#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

/// Seconds of a time limit in one of sbatch's forms: minutes, minutes:seconds, hours:minutes:seconds, days-hours,
/// days-hours:minutes, days-hours:minutes:seconds. "UNLIMITED" and 0 are kNoLimit. Nothing when it is none of them.
std::optional<std::int64_t> parse_slurm_time(std::string_view text);

/// Whether sbatch takes the text for --mem: a whole number of megabytes, or with K, M, G or T behind it.
bool is_slurm_memory(std::string_view text);

/// Whether the text has no line break or other control character, which no #SBATCH line can hold.
bool fits_on_one_line(std::string_view text);

}  // namespace understudy
