#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace understudy {

/// Text for between tags and for quoted attributes.
std::string escaped(std::string_view text);

/// "4,000,000"
std::string count_text(std::int64_t number);
/// Four digits that matter: "0.01235", "20.74", "1.5e-09".
std::string number_text(double number);
/// Two units at most: "3 d 04 h", "2 h 05 min", "7 min 09 s", "4.20 s".
std::string duration_text(double seconds);
/// For a table of parts of `total` seconds: "3599.25 s" below an hour, "23:50:12" above.
std::string book_time_text(double seconds, double total);
/// "2026-11-22 12:08:02", UTC. @param time  seconds since 1970
std::string date_text(double time);

/// RFC 4648, with padding.
std::string base64(std::span<const std::byte> bytes);

}  // namespace understudy
