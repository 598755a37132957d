#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainer/preflight/bytes_text.h"
#include "trainer/report/html_table.h"
#include "trainer/report/html_text.h"
#include "trainer/report/sections.h"

// What a run is made of and what it left: data and configuration, checkpoints, exports.

namespace understudy {
namespace {

std::string code(const std::string& text) {
  return fmt::format("<code>{}</code>", escaped(text));
}

std::string set_of(const RunHistory& history, const std::string& name) {
  if (!history.settings) return "-";
  const RunConfig& run = history.settings->run;
  if (name == "train") return escaped(fmt::format("{}", fmt::join(run.train_sets, ", ")));
  return run.validation_set.empty() ? "held out of the training set" : escaped(run.validation_set);
}

std::string fingerprints(const RunHistory& history) {
  if (!history.saved || history.saved->data_fingerprints.empty())
    return "<p class=\"none\">The fingerprint of the data comes with the first checkpoint.</p>\n";
  HtmlTable table({{"Data"}, {"Set"}, {"Fingerprint"}});
  for (const auto& [name, fingerprint] : history.saved->data_fingerprints)
    table.add({escaped(name), set_of(history, name), code(fingerprint)});
  return table.html();
}

std::string checkpoint_remark(const CheckpointRow& row) {
  std::vector<std::string> remarks = row.best_by;
  remarks.insert(remarks.end(), row.problems.begin(), row.problems.end());
  return escaped(fmt::format("{}", fmt::join(remarks, ", ")));
}

std::string export_text(const RunExport& found) {
  HtmlTable table({{"File"}, {"Size", true}, {"Holds"}, {"SHA-256"}});
  for (const RunExport::File& file : found.files)
    table.add({code(file.name), bytes_text(file.bytes), escaped(file.what), code(file.sha256.substr(0, 16) + "…")});
  return fmt::format("<h3>{}</h3>\n<p>After iteration {}. {}</p>\n{}",
                     escaped(found.folder.filename().string()),
                     count_text(found.iteration),
                     escaped(found.summary),
                     table.html());
}

}  // namespace

std::string provenance_section(const RunHistory& history) {
  std::string html = "<section id=\"provenance\"><h2>Data and configuration</h2>\n" + fingerprints(history);
  if (!history.settings)
    html += fmt::format("<p><b>run.toml cannot be read by this version:</b> {}</p>\n", escaped(history.config_problem));
  return html + fmt::format("<details><summary>run.toml</summary>\n<pre>{}</pre></details></section>\n",
                            escaped(history.config));
}

std::string checkpoints_section(const RunHistory& history) {
  std::string html = "<section id=\"checkpoints\"><h2>Checkpoints</h2>\n";
  if (history.checkpoints.empty()) return html + "<p class=\"none\">None is written yet.</p></section>\n";
  const std::string metric = history.checkpoints.back().metric;
  HtmlTable table(
      {{"Iteration", true}, {"Written, UTC"}, {"Size", true}, {"Start", true}, {escaped(metric), true}, {"Best by"}});
  for (const CheckpointRow& row : history.checkpoints) {
    table.add({count_text(row.iteration),
               date_text(history.read_at - row.age),
               bytes_text(static_cast<std::int64_t>(row.bytes)),
               fmt::format("{}", row.start),
               row.value ? number_text(*row.value) : "-",
               checkpoint_remark(row)},
              !row.best_by.empty());
  }
  return html + table.html() +
         fmt::format(
             "<p class=\"remark\">Their manifests were read, not all their bytes: "
             "<code>understudy checkpoint verify {}</code> does that.</p></section>\n",
             escaped(history.directory.string()));
}

std::string exports_section(const RunHistory& history) {
  std::string html = "<section id=\"exports\"><h2>Exports</h2>\n";
  for (const RunExport& found : history.exports) html += export_text(found);
  if (history.exports.empty())
    html += fmt::format(
        "<p class=\"none\">None in the run's folder <code>export</code>: "
        "<code>understudy export --run {0} --checkpoint best --out {0}/export/best</code> writes one.</p>\n",
        escaped(history.directory.string()));
  return html + "</section>\n";
}

}  // namespace understudy
