#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Clips that a set was packed without, beside the set.
inline constexpr std::string_view kRejectedName = "rejected.tsv";

/// A line of one or more fields with tabs between them. Tabs, line breaks and backslashes inside a field are written as
/// \t, \n, \r and \\, so that file names of any kind come back.
std::string record_line(const std::vector<std::string_view>& fields);

/// Fields of every line that is neither empty nor begins with '#'. A last line without line break was cut short and is
/// left out.
std::vector<std::vector<std::string>> read_record_lines(std::string_view text);

/// "reject", source, reason, detail
std::string rejection_line(const Rejection& rejection);
/// Nothing unless the fields are those of a rejection.
std::optional<Rejection> rejection_of(const std::vector<std::string>& fields);

/// rejected.tsv: a line with the names of the columns, then source, reason and detail of each, sorted by source.
std::string rejected_table(std::vector<Rejection> rejections);
/// The rejections of such a table. @throws DataError  naming the line that is none
std::vector<Rejection> read_rejected_table(std::string_view text);

}  // namespace understudy
