#include "clusters/rank_status.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json gaps_to_json(const std::array<GapReading, kSections>& gaps) {
  Json list = Json::array();
  for (const GapReading& gap : gaps) list.push_back({gap.count, gap.p99_seconds});
  return list;
}

std::array<GapReading, kSections> gaps_from_json(const Json& json) {
  std::array<GapReading, kSections> gaps;
  for (std::size_t i = 0; i < kSections; ++i) {
    gaps[i] = {json.at(i).at(0).get<std::uint64_t>(), json.at(i).at(1).get<double>()};
  }
  return gaps;
}

RankStatus read_status(const Json& json) {
  RankStatus status;
  status.rank = json.at("rank");
  status.node = json.at("node");
  status.process = json.at("process");
  status.state = json.at("state").get<std::string>().at(0);
  status.iteration = json.at("iteration");
  status.section = section_named(json.at("section").get<std::string>()).value();
  status.collective = {json.at("entered"), json.at("left"), json.at("intent")};
  status.idle_seconds = json.at("idle_seconds");
  status.gaps = gaps_from_json(json.at("gaps"));
  status.stop_signal = json.at("stop_signal");
  if (json.contains("end")) {
    const Json& end = json["end"];
    status.end = RankEnd{end.at("exit_code"), end.at("signal"), end.at("out_of_memory")};
  }
  return status;
}

std::string what_it_does(const RankStatus& status) {
  if (status.end && status.end->signal != 0) return fmt::format("was ended by signal {}", status.end->signal);
  if (status.end) return fmt::format("left with code {}", status.end->exit_code);
  const std::string collective = fmt::format("collective {} ({})", status.collective.entered, status.collective.intent);
  const std::string idle = fmt::format("no sign of life for {:.1f} s", status.idle_seconds);
  if (is_halted(status))
    return fmt::format(
        "{}, {}", status.state == 'D' ? "blocked in a file system or device" : "stopped by a signal", idle);
  if (status.collective.waiting()) return "waits for other ranks in " + collective;
  return fmt::format("{}; its last collective was {}", idle, collective);
}

}  // namespace

bool is_halted(const RankStatus& status) {
  return status.state == 'T' || status.state == 't' || status.state == 'D';
}

bool waits_for_others(const RankStatus& status) {
  return status.collective.waiting() && !is_halted(status);
}

std::string to_line(const RankStatus& status) {
  Json json{{"rank", status.rank},
            {"node", status.node},
            {"process", status.process},
            {"state", std::string(1, status.state)},
            {"iteration", status.iteration},
            {"section", name_of(status.section)},
            {"entered", status.collective.entered},
            {"left", status.collective.left},
            {"intent", status.collective.intent},
            {"idle_seconds", status.idle_seconds},
            {"gaps", gaps_to_json(status.gaps)},
            {"stop_signal", status.stop_signal}};
  if (status.end) {
    json["end"] = {{"exit_code", status.end->exit_code},
                   {"signal", status.end->signal},
                   {"out_of_memory", status.end->out_of_memory}};
  }
  return dump(json);
}

std::optional<RankStatus> status_from(std::string_view line) {
  try {
    return read_status(Json::parse(line));
  } catch (const std::exception&) {  // of the parser, of a missing key, of an unknown section
    return std::nullopt;
  }
}

std::string to_line(const RankStacks& stacks) {
  return dump({{"rank", stacks.rank}, {"stacks", stacks.text}});
}

std::optional<RankStacks> stacks_from(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("stacks") || !json.contains("rank")) return std::nullopt;
  if (!json["stacks"].is_string() || !json["rank"].is_number_integer()) return std::nullopt;
  return RankStacks{json["rank"].get<int>(), json["stacks"].get<std::string>()};
}

std::string describe(const RankStatus& status) {
  const std::string where = status.iteration < 0 ? "" : fmt::format(", iteration {}", status.iteration);
  return fmt::format("rank {} on node {} (process {}){}, {}: {}",
                     status.rank,
                     status.node,
                     status.process,
                     where,
                     name_of(status.section),
                     what_it_does(status));
}

}  // namespace understudy
