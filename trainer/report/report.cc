#include "trainer/report/report.h"

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/version.h"
#include "trainer/report/html_text.h"
#include "trainer/report/page_style.h"
#include "trainer/report/sections.h"

namespace understudy {
namespace {

std::string head(const RunHistory& history) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{} - Understudy</title>\n<style>{}</style></head>\n<body><main>\n",
      escaped(history.directory.string()),
      kPageStyle);
}

std::string foot(const RunHistory& history) {
  return fmt::format(
      "<footer>Read on {} UTC by understudy {}. The book of time ends with the run's last record.</footer>\n"
      "</main></body></html>\n",
      date_text(history.read_at),
      version());
}

}  // namespace

void write_report(const std::filesystem::path& run, const std::filesystem::path& page, const FileSystem& files) {
  const RunHistory history = read_run_history(run);
  AtomicFile file(page, files);
  file.write(head(history));
  for (const auto section : {summary_section,
                             curves_section,
                             validation_section,
                             samples_section,
                             time_section,
                             starts_section,
                             machines_section,
                             provenance_section,
                             checkpoints_section,
                             exports_section})
    file.write(section(history));
  file.write(foot(history));
  file.commit();
}

}  // namespace understudy
