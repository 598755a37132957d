#include "trainer/evaluation/evaluation_table.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace understudy {
namespace {

constexpr std::size_t kMostPersons = 40;
constexpr std::array<std::string_view, kShown> kShownTexts{"network", "copying the source frame", "the mean picture"};

/// A number of the table, or none.
std::string number(double value, int decimals) {
  return fmt::format("{:.{}f}", value, decimals);
}
constexpr std::string_view kNone = "-";

/// Lines of cells: the first column to the left, the others to the right, each as wide as its widest cell.
class Columns {
 public:
  void add(std::vector<std::string> line) { lines_.push_back(std::move(line)); }

  std::string text() const {
    std::vector<std::size_t> widths;
    for (const auto& line : lines_) {
      widths.resize(std::max(widths.size(), line.size()));
      for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string text;
    for (const auto& line : lines_) {
      text += fmt::format("  {:<{}}", line[0], std::max<std::size_t>(widths[0], kFirstColumn));
      for (std::size_t i = 1; i < line.size(); ++i) text += fmt::format("  {:>{}}", line[i], widths[i]);
      text += '\n';
    }
    return text;
  }

 private:
  static constexpr std::size_t kFirstColumn = 26;
  std::vector<std::vector<std::string>> lines_;
};

std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string header(const EvaluationReport& report) {
  std::string text = fmt::format("{}: {} of {}, {}, {} of {} x {}{}\n",
                                 report.set,
                                 report.persons.size(),
                                 counted(report.people_of_set, "person", "people"),
                                 counted(report.total.clips, "clip", "clips"),
                                 counted(report.total.self.pictures, "picture", "pictures"),
                                 report.picture_size,
                                 report.picture_size,
                                 report.foreground ? ", the foreground on black" : "");
  if (report.short_clips > 0)
    text += fmt::format("left out: {} too short for sources and a driving frame\n",
                        counted(report.short_clips, "clip", "clips"));
  return text;
}

std::vector<std::string> score_titles(const EvaluationReport& report) {
  std::vector<std::string> titles;
  for (std::size_t m = 0; m < report.measures; ++m) titles.emplace_back(kMeasureTexts[m].title);
  return titles;
}

std::vector<std::string> score_cells(const EvaluationReport& report, const Scores& scores) {
  std::vector<std::string> cells;
  for (std::size_t m = 0; m < report.measures; ++m) cells.push_back(number(scores[m], kMeasureTexts[m].decimals));
  return cells;
}

std::vector<std::string> line_of(std::string_view first, std::vector<std::string> cells) {
  cells.insert(cells.begin(), std::string(first));
  return cells;
}

std::string self_part(const EvaluationReport& report) {
  Columns columns;
  columns.add(line_of("", score_titles(report)));
  for (std::size_t s = 0; s < kShown; ++s)
    columns.add(line_of(kShownTexts[s], score_cells(report, report.total.self.scores[s])));
  return "\nSelf-reenactment: a person's clip drives the person\n" + columns.text();
}

std::string swap_part(const SwapReport& swap) {
  Columns columns;
  columns.add({"", "PSNR dB", "angle error deg"});
  columns.add({"network", number(swap.psnr, 2), number(swap.angle_error, 2)});
  columns.add({"copying A", number(swap.psnr_copied, 2), number(swap.angle_error_copied, 2)});
  columns.add({"the true picture", std::string(kNone), number(swap.angle_error_truth, 2)});
  return fmt::format("\nCross-reenactment: A with pose and expression of B, against the true picture of it, {}\n",
                     counted(swap.pictures, "picture", "pictures")) +
         columns.text();
}

std::string identity_part(const IdentityReport& identity) {
  Columns columns;
  columns.add({"", "identity error"});
  for (std::size_t s = 0; s < kShown; ++s) columns.add({std::string(kShownTexts[s]), number(identity.errors[s], 4)});
  return fmt::format("\nIdentity: people driven by others, {}\n", counted(identity.pictures, "picture", "pictures")) +
         columns.text();
}

std::string persons_part(const EvaluationReport& report) {
  Columns columns;
  std::vector<std::string> titles = line_of("", score_titles(report));
  if (report.total.swap) titles.insert(titles.end(), {"crossed PSNR dB", "angle error deg"});
  if (report.total.identity_error) titles.emplace_back("identity error");
  columns.add(titles);
  for (std::size_t p = 0; p < std::min(kMostPersons, report.persons.size()); ++p) {
    const PersonReport& person = report.persons[p];
    std::vector<std::string> line = line_of(person.name, score_cells(report, person.self.scores[kNetwork]));
    if (report.total.swap) {
      line.push_back(person.swap ? number(person.swap->psnr, 2) : std::string(kNone));
      line.push_back(person.swap ? number(person.swap->angle_error, 2) : std::string(kNone));
    }
    if (person.identity_error) line.push_back(number(person.identity_error->errors[kNetwork], 4));
    columns.add(std::move(line));
  }
  std::string text = "\nThe network by person\n" + columns.text();
  if (report.persons.size() > kMostPersons)
    text += fmt::format("  and {} more; --json FILE has all\n", report.persons.size() - kMostPersons);
  return text;
}

}  // namespace

std::string format_table(const EvaluationReport& report) {
  std::string text = header(report) + self_part(report);
  if (report.total.swap) text += swap_part(*report.total.swap);
  if (report.total.identity_error) text += identity_part(*report.total.identity_error);
  return text + persons_part(report);
}

}  // namespace understudy
