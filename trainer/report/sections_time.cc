#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "clusters/gradient_tree.h"
#include "trainer/preflight/bytes_text.h"
#include "trainer/report/html_table.h"
#include "trainer/report/html_text.h"
#include "trainer/report/run_verdict.h"
#include "trainer/report/sections.h"
#include "trainer/watching/stragglers.h"

// What a run took: the time book, its starts, its machines.

namespace understudy {
namespace {

/// Longer tables of ranks are folded.
constexpr std::size_t kManyRanks = 16;

struct UseText {
  TimeUse use;
  const char* style;  ///< class of its colour
  const char* name;
  const char* meaning;
};

constexpr std::array<UseText, kTimeUses> kUseTexts{{
    {TimeUse::kUseful, "useful", "Useful work", "iterations that the run stands on, without their wait for data"},
    {TimeUse::kDataWait, "data", "Data wait", "of the training thread for the samples of these iterations"},
    {TimeUse::kSaving, "saving", "Saving", "that the training thread was held up by checkpoints"},
    {TimeUse::kValidating, "validating", "Validating", "on the fixed list of episodes"},
    {TimeUse::kSampling, "sampling", "Samples", "drawing sample pictures"},
    {TimeUse::kOther, "other", "Other", "between iterations: logs"},
    {TimeUse::kLost, "lost", "Lost and repeated", "whatever came after the iteration that a later start went on from"},
    {TimeUse::kRestarting, "restarting", "Starting", "set-up, opening data, reading the checkpoint, of every start"},
    {TimeUse::kNotRunning,
     "away",
     "Not running",
     "from the last record of a start to the beginning of the next: queues, "
     "unnoticed ends, starts that left no record"},
}};

std::string bar(const TimeBook& book) {
  std::string html = "<div class=\"bar\" role=\"img\" aria-label=\"Shares of the run's time\">";
  for (const UseText& text : kUseTexts) {
    const double share = 100.0 * book.share(text.use);
    if (share > 0.0)
      html += fmt::format("<span class=\"{}\" style=\"width:{:.3f}%\" title=\"{} {:.2f} %\"></span>",
                          text.style,
                          share,
                          text.name,
                          share);
  }
  return html + "</div>\n";
}

std::string meaning_of(const UseText& text, const TimeBook& book) {
  if (text.use == TimeUse::kUseful && book.exchange_seconds() > 1e-3 * book.seconds(TimeUse::kUseful))
    return fmt::format(
        "{}; {} of it in the exchange between ranks", text.meaning, duration_text(book.exchange_seconds()));
  if (text.use == TimeUse::kLost && book.lost_iterations() > 0)
    return fmt::format("{}; {} iterations", text.meaning, count_text(book.lost_iterations()));
  return text.meaning;
}

std::string book_table(const TimeBook& book) {
  HtmlTable table({{"Where the time went"}, {book.total() < 3600.0 ? "Time" : "h:min:s", true}, {"Share", true}});
  for (const UseText& text : kUseTexts) {
    table.add({fmt::format("<i class=\"{}\"></i>{} <small>{}</small>", text.style, text.name, meaning_of(text, book)),
               book_time_text(book.seconds(text.use), book.total()),
               fmt::format("{:.2f} %", 100.0 * book.share(text.use))});
  }
  table.add({"All", book_time_text(book.total(), book.total()), "100.00 %"}, /*emphasis=*/true);
  return table.html();
}

std::string end_text(const RunHistory& history, std::size_t place) {
  const RunStart& start = history.timing.book.starts()[place];
  const auto seen = seen_end_of(history, place);
  if (start.end == StartEnd::kWentBack) return fmt::format("<b>went back</b>: {}", escaped(start.message));
  if (start.end && *start.end != StartEnd::kFailed) return escaped(start.message);
  if (seen) return fmt::format("<b>{}</b>: {}", escaped(seen->end), escaped(seen->message));
  if (start.end) return fmt::format("<b>failed</b>: {}", escaped(start.message));
  if (place + 1 < history.timing.book.starts().size()) return "<b>left no word</b>: killed, or its machine was lost";
  return escaped(verdict_of(history).reason);
}

/// Micro-batches of every rank; one of each where the configuration cannot be read, or is not the one that they had.
std::vector<std::int64_t> shares_of(const RunHistory& history) {
  const auto ranks = std::ssize(history.timing.ranks);
  if (!history.settings || history.settings->run.batch.micro_batches() < ranks)
    return std::vector<std::int64_t>(history.timing.ranks.size(), 1);
  std::vector<std::int64_t> shares;
  for (const MicroBatchRun& run : plan_micro_batches(history.settings->run.batch.micro_batches(), ranks))
    shares.push_back(run.count);
  return shares;
}

std::string ranks_table(const RunHistory& history, const std::vector<SlowRank>& slow) {
  const std::vector<std::string>& nodes = history.timing.book.starts().back().nodes;
  HtmlTable table({{"Rank", true}, {"Node"}, {"Median", true}, {"Longest", true}, {""}});
  for (std::size_t rank = 0; rank < history.timing.ranks.size(); ++rank) {
    const RankPace& pace = history.timing.ranks[rank];
    const auto found = std::find_if(slow.begin(), slow.end(), [&](const SlowRank& s) { return s.rank == rank; });
    table.add({fmt::format("{}", rank),
               rank < nodes.size() ? escaped(nodes[rank]) : "-",
               fmt::format("{:.4f} s", pace.median_seconds),
               fmt::format("{:.4f} s", pace.longest_seconds),
               found == slow.end() ? "" : fmt::format("{:.1f} times the usual time", found->times_usual())},
              found != slow.end());
  }
  return table.html();
}

std::string paces_text(const RunHistory& history) {
  const std::size_t ranks = history.timing.ranks.size();
  if (ranks == 0) return "<p class=\"none\">No iteration of the newest start is logged yet.</p>\n";
  const std::vector<std::int64_t> shares = shares_of(history);
  std::vector<double> seconds;
  for (std::size_t rank = 0; rank < shares.size(); ++rank)
    seconds.push_back(history.timing.ranks[rank].median_seconds / static_cast<double>(shares[rank]));
  const std::vector<SlowRank> slow = slow_ranks(seconds);
  const std::string table = ranks_table(history, slow);
  return fmt::format(
      "<p>Computing time of an iteration, of {} iterations of the newest start, without waiting for data "
      "and for others. {}</p>\n{}",
      count_text(history.timing.iterations),
      slow.empty()
          ? "No rank holds up the others."
          : fmt::format("<b>{} slow.</b>", slow.size() == 1 ? "One rank is" : fmt::format("{} ranks are", slow.size())),
      ranks <= kManyRanks ? table : fmt::format("<details><summary>{} ranks</summary>\n{}</details>\n", ranks, table));
}

std::string machines_text(const RunMachines& machines) {
  std::string html = fmt::format("<p>Newest start: {} rank{} on {}; understudy {}, torch {}.",
                                 machines.nodes.size(),
                                 machines.nodes.size() == 1 ? "" : "s",
                                 escaped(machines.device),
                                 escaped(machines.understudy),
                                 escaped(machines.torch));
  if (machines.variables.empty()) return html + "</p>\n";
  HtmlTable table({{"Variable"}, {"Value"}});
  for (const auto& [name, value] : machines.variables) table.add({escaped(name), escaped(value)});
  return html + fmt::format("</p>\n<details><summary>{} environment variables</summary>\n{}</details>\n",
                            machines.variables.size(),
                            table.html());
}

}  // namespace

std::string time_section(const RunHistory& history) {
  std::string html = "<section id=\"time\"><h2>Time book</h2>\n";
  const TimeBook& book = history.timing.book;
  if (book.starts().empty()) return html + "<p class=\"none\">No start has left a record of its time.</p></section>\n";
  html += fmt::format("<p>{} to {} UTC: {}. Every second of it is in one row.</p>\n",
                      date_text(book.starts().front().began),
                      date_text(book.starts().back().last),
                      duration_text(book.total()));
  html += bar(book) + book_table(book);
  if (history.timing.without_start > 0)
    html += fmt::format(
        "<p class=\"remark\">{} lines of timing.jsonl, written by an older version, say nothing of their "
        "start and are left out.</p>\n",
        count_text(history.timing.without_start));
  return html + "</section>\n";
}

std::string starts_section(const RunHistory& history) {
  std::string html = "<section id=\"starts\"><h2>Starts and interruptions</h2>\n";
  const std::vector<RunStart>& starts = history.timing.book.starts();
  if (starts.empty()) return html + "<p class=\"none\">No start has left a record of its time.</p></section>\n";
  HtmlTable table({{"Start", true},
                   {"Began, UTC"},
                   {"Ranks", true},
                   {"From", true},
                   {"Reached", true},
                   {"Lost", true},
                   {"Time", true},
                   {"End"}});
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const RunStart& start = starts[i];
    table.add({fmt::format("{}", start.number),
               date_text(start.began),
               fmt::format("{}", start.nodes.size()),
               count_text(start.from),
               count_text(start.reached),
               count_text(start.lost),
               duration_text(start.last - start.began),
               end_text(history, i)});
  }
  html += table.html();
  if (!history.evidence.empty())
    html += fmt::format("<p class=\"remark\">Kept in the run's folder: {}</p>\n",
                        escaped(fmt::format("{}", fmt::join(history.evidence, ", "))));
  return html + "</section>\n";
}

std::string machines_section(const RunHistory& history) {
  std::string html = "<section id=\"machines\"><h2>Nodes and stragglers</h2>\n";
  if (history.machines) html += machines_text(*history.machines);
  html += paces_text(history);
  if (history.timing.peak_memory_bytes > 0)
    html += fmt::format("<p class=\"remark\">Peak memory of rank 0: {}.</p>\n",
                        bytes_text(history.timing.peak_memory_bytes));
  return html + "</section>\n";
}

}  // namespace understudy
