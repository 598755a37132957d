#include "clusters/job_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr double kMostClockSkew = 60.0;

std::string to_text(const RankFacts& facts) {
  return nlohmann::json{
      {"program", facts.program}, {"torch", facts.torch}, {"node", facts.node}, {"clock", facts.clock_seconds}}
      .dump();
}

RankFacts from_text(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return {json.at("program"), json.at("torch"), json.at("node"), json.at("clock")};
}

/// Sums whose exact results are known: powers of two over the ranks, one a rank, in whole and in floating-point
/// numbers.
std::vector<std::string> wrong_sums(Communicator& ranks) {
  constexpr int kMost = 48;  // ranks beyond that repeat the powers
  std::vector<std::int64_t> whole(kMost, 0);
  std::vector<double> real(kMost, 0.0);
  const int place = ranks.rank() % kMost;
  whole[static_cast<std::size_t>(place)] = std::int64_t{1} << place;
  real[static_cast<std::size_t>(place)] = std::ldexp(1.0, -place);
  ranks.all_reduce(std::span(whole), Reduction::kSum, "add known numbers");
  ranks.all_reduce(std::span(real), Reduction::kSum, "add known fractions");
  for (int i = 0; i < kMost; ++i) {
    const int times = ranks.world_size() / kMost + (i < ranks.world_size() % kMost ? 1 : 0);
    const bool right = whole[static_cast<std::size_t>(i)] == times * (std::int64_t{1} << i) &&
                       real[static_cast<std::size_t>(i)] == times * std::ldexp(1.0, -i);
    if (!right)
      return {"sums over ranks are wrong: the network or the MPI of this job is broken; see `understudy doctor`"};
  }
  return {};
}

/// Rank 0 writes a word into a file, the others read it.
std::vector<std::string> unseen_directory(Communicator& ranks,
                                          const std::string& node,
                                          const std::filesystem::path& run) {
  const std::filesystem::path file = run / ".seen-by-all-ranks";
  const std::string word = ranks.broadcast(fmt::format("{}", ::getpid()), 0, "share a word");
  if (ranks.rank() == 0) std::ofstream(file) << word << std::flush;
  ranks.barrier("write a file into the run directory");
  std::string found;
  std::ifstream(file) >> found;
  const std::vector<std::string> who = ranks.all_gather(
      found == word ? "" : fmt::format("rank {} on {}", ranks.rank(), node), "tell who sees the run directory");
  std::error_code ignored;
  if (ranks.rank() == 0) std::filesystem::remove(file, ignored);
  std::vector<std::string> blind;
  std::copy_if(
      who.begin(), who.end(), std::back_inserter(blind), [](const std::string& name) { return !name.empty(); });
  if (blind.empty()) return {};
  return {fmt::format(
      "{}: a file written by rank 0 is not seen by {}; the run directory must lie on a file system that all "
      "nodes share",
      run.string(),
      fmt::join(blind, ", "))};
}

}  // namespace

RankFacts facts_of_this_rank(std::string program, std::string torch) {
  std::array<char, 256> node{};
  ::gethostname(node.data(), node.size() - 1);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::move(program), std::move(torch), node.data(), std::chrono::duration<double>(now).count()};
}

std::vector<std::string> differences(const std::vector<RankFacts>& ranks) {
  std::vector<std::string> found;
  for (std::size_t i = 1; i < ranks.size(); ++i) {
    const auto compare = [&](const char* what, const std::string& first, const std::string& own) {
      if (first == own) return;
      found.push_back(fmt::format("rank {} on {} has {} {}, rank 0 on {} has {}; install the same on all nodes",
                                  i,
                                  ranks[i].node,
                                  what,
                                  own,
                                  ranks[0].node,
                                  first));
    };
    compare("understudy", ranks[0].program, ranks[i].program);
    compare("torch", ranks[0].torch, ranks[i].torch);
    const double skew = ranks[i].clock_seconds - ranks[0].clock_seconds;
    if (std::abs(skew) > kMostClockSkew) {
      found.push_back(fmt::format("the clock of {} is {:.0f} s {} that of {}; wall-time limits need them alike",
                                  ranks[i].node,
                                  std::abs(skew),
                                  skew > 0 ? "ahead of" : "behind",
                                  ranks[0].node));
    }
  }
  return found;
}

void check_job(Communicator& ranks, const RankFacts& own, const std::filesystem::path& run_directory) {
  if (ranks.world_size() == 1) return;
  std::vector<RankFacts> all;
  for (const std::string& text : ranks.all_gather(to_text(own), "compare versions")) all.push_back(from_text(text));
  std::vector<std::string> findings = differences(all);
  for (std::string& finding : wrong_sums(ranks)) findings.push_back(std::move(finding));
  for (std::string& finding : unseen_directory(ranks, own.node, run_directory)) findings.push_back(std::move(finding));
  if (!findings.empty()) throw ConfigError(fmt::format("this job cannot train:\n  {}", fmt::join(findings, "\n  ")));
}

}  // namespace understudy
