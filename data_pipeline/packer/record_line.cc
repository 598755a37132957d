#include "data_pipeline/packer/record_line.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::string_view kPlain = "\\\t\n\r";
constexpr std::string_view kEscaped = "\\tnr";

void append_field(std::string& line, std::string_view field) {
  for (const char c : field) {
    const std::size_t special = kPlain.find(c);
    if (special == std::string_view::npos) {
      line += c;
    } else {
      line += {'\\', kEscaped[special]};
    }
  }
}

std::vector<std::string> split_line(std::string_view line) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      fields.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size() && kEscaped.find(line[i + 1]) != std::string_view::npos) {
      fields.back() += kPlain[kEscaped.find(line[++i])];
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

}  // namespace

std::string record_line(const std::vector<std::string_view>& fields) {
  std::string line;
  for (const std::string_view field : fields) {
    append_field(line, field);
    line += '\t';
  }
  line.back() = '\n';
  return line;
}

std::vector<std::vector<std::string>> read_record_lines(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    if (!line.empty() && line.front() != '#') lines.push_back(split_line(line));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string rejection_line(const Rejection& rejection) {
  return record_line({"reject", rejection.source, rejection_name(rejection.reason), rejection.detail});
}

std::optional<Rejection> rejection_of(const std::vector<std::string>& fields) {
  if (fields.size() != 4 || fields[0] != "reject") return std::nullopt;
  for (const RejectionReason reason : kRejectionReasons) {
    if (rejection_name(reason) == fields[2]) return Rejection{fields[1], reason, fields[3]};
  }
  return std::nullopt;
}

std::string rejected_table(std::vector<Rejection> rejections) {
  std::sort(rejections.begin(), rejections.end(), [](const Rejection& a, const Rejection& b) {
    return std::tie(a.source, a.reason) < std::tie(b.source, b.reason);
  });
  std::string text = record_line({"source", "reason", "detail"});
  for (const Rejection& rejection : rejections) {
    text += record_line({rejection.source, rejection_name(rejection.reason), rejection.detail});
  }
  return text;
}

std::vector<Rejection> read_rejected_table(std::string_view text) {
  std::vector<std::vector<std::string>> lines = read_record_lines(text);
  std::vector<Rejection> rejections;
  for (std::size_t i = 1; i < lines.size(); ++i) {  // after the names of the columns
    lines[i].insert(lines[i].begin(), "reject");
    std::optional<Rejection> rejection = rejection_of(lines[i]);
    if (!rejection) {
      throw DataError(
          fmt::format("{}: line {} is no source, reason and detail; restore the file", kRejectedName, i + 1));
    }
    rejections.push_back(std::move(*rejection));
  }
  return rejections;
}

}  // namespace understudy
