#include "trainer/evaluation/evaluation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "trainer/evaluation/comparison_picture.h"
#include "trainer/evaluation/cross_identity.h"
#include "trainer/evaluation/head_swap.h"
#include "trainer/evaluation/self_reenactment.h"

namespace understudy {
namespace {

/// Frames that show a person to the networks.
std::int64_t sources_of(const PersonNetworks& networks, const EvaluationOptions& options) {
  if (options.sources && networks.sources_wanted() == 0 && *options.sources != 0)
    throw ConfigError(fmt::format("--sources {}: these weights hold the person and look at no source; leave it out",
                                  *options.sources));
  if (options.sources == 0 && networks.sources_wanted() > 0)
    throw ConfigError("--sources 0: these weights hold no person; take 1 or more");
  return options.sources.value_or(networks.sources_wanted());
}

/// @throws ConfigError  when weights of one person were to draw several
void require_one_person(const PersonNetworks& networks, const DataSet& set, const EvaluationOptions& options) {
  const std::size_t people = identities_named(set, options.persons).size();
  if (!networks.hold_one_person() || people == 1) return;
  throw ConfigError(fmt::format(
      "these weights hold one person, and {} people would be measured; say who it is with --person NAME", people));
}

/// @throws ConfigError  when nobody is there to drive the others
void require_drivers(const EvaluationPlan& plan, const DataSet& set) {
  if (!plan.drivers_of(plan.persons.front(), 1).empty()) return;
  throw ConfigError(
      fmt::format("--identity-judge: the identity error needs two people with clips that are long enough, {} has one",
                  set.folder().string()));
}

/// The rows of all parts, on rank 0.
struct Rows {
  std::vector<TaskRow> clips;
  std::vector<TaskRow> crossings;
  std::vector<TaskRow> people;
};

std::optional<Rows> measure(const EvaluationBench& bench) {
  const EvaluationPlan& plan = bench.plan;
  const auto at_number = [](const auto& list, std::int64_t i) { return list[static_cast<std::size_t>(i)]; };
  const at::Tensor mean = mean_picture(bench);
  const JudgedPicture judged_mean{mean, bench.landmarks_of(mean)};
  auto clips = run_shared_tasks(bench.context, std::ssize(plan.clips), [&](std::int64_t i) {
    return reenact_itself(bench, at_number(plan.clips, i), judged_mean);
  });
  if (!clips) return std::nullopt;
  auto crossings = run_shared_tasks(bench.context, std::ssize(plan.crossings), [&](std::int64_t i) {
    return swap_heads(bench, at_number(plan.crossings, i));
  });
  if (!crossings) return std::nullopt;
  const std::int64_t people = bench.identities ? std::ssize(plan.persons) : 0;
  auto persons = run_shared_tasks(
      bench.context, people, [&](std::int64_t i) { return judge_identity(bench, at_number(plan.persons, i), mean); });
  if (!persons) return std::nullopt;
  return Rows{*std::move(clips), *std::move(crossings), *std::move(persons)};
}

PersonReport report_of(const Rows& rows) {
  PersonReport report;
  report.clips = std::ssize(rows.clips);
  report.self = self_report(rows.clips);
  report.swap = swap_report(rows.crossings);
  report.identity_error = identity_report(rows.people);
  return report;
}

/// Rows of one person, in the order of the list.
Rows rows_of(const EvaluationPlan& plan, std::size_t person, const Rows& all) {
  Rows rows;
  for (std::size_t i = 0; i < plan.clips.size(); ++i) {
    if (plan.clips[i].identity == plan.persons[person]) rows.clips.push_back(all.clips[i]);
  }
  for (std::size_t i = 0; i < plan.crossings.size(); ++i) {
    if (plan.clips[plan.crossings[i].shown].identity == plan.persons[person])
      rows.crossings.push_back(all.crossings[i]);
  }
  if (!all.people.empty()) rows.people.push_back(all.people[person]);
  return rows;
}

std::size_t measures_taken(const std::optional<LandmarkJudge>& judge) {
  if (!judge) return kAkd;
  return judge->count() == kLandmarksOfPose ? kMeasures : kPoseError;
}

EvaluationReport report_of(const EvaluationBench& bench, const Rows& rows) {
  const DataSet& set = bench.pictures.set();
  EvaluationReport report{.set = set.folder().string(),
                          .fingerprint = set.fingerprint(),
                          .picture_size = bench.networks.picture_size(),
                          .sources = std::ssize(bench.plan.clips.front().sources),
                          .foreground = bench.pictures.foreground(),
                          .measures = measures_taken(bench.landmarks),
                          .landmarks = bench.landmarks ? bench.landmarks->count() : 0,
                          .short_clips = bench.plan.short_clips,
                          .people_of_set = std::ssize(set.identities()),
                          .total = report_of(rows),
                          .persons = {}};
  for (std::size_t p = 0; p < bench.plan.persons.size(); ++p) {
    PersonReport& person = report.persons.emplace_back(report_of(rows_of(bench.plan, p, rows)));
    person.identity = bench.plan.persons[p];
    person.name = set.identities()[person.identity].name;
  }
  return report;
}

template <class Kind>
std::optional<Kind> judge_in(const std::filesystem::path& file, std::int64_t size) {
  return file.empty() ? std::nullopt : std::optional<Kind>(std::in_place, file, size);
}

}  // namespace

std::optional<EvaluationReport> evaluate(PersonNetworks& networks,
                                         const std::filesystem::path& folder,
                                         const EvaluationOptions& options,
                                         const RankContext& context) {
  const at::NoGradGuard no_grad;
  const Heartbeat::Mark mark(context.heartbeat, Section::kValidation);
  const DataSet set = DataSet::open(folder, {.landmarks = false, .masks = networks.draws_foreground()});
  require_one_person(networks, set, options);
  const EvaluationPlan plan = plan_evaluation(set, sources_of(networks, options), options);
  if (!options.identity_judge.empty()) require_drivers(plan, set);
  const auto landmarks = judge_in<LandmarkJudge>(options.landmark_judge, networks.picture_size());
  const auto identities = judge_in<IdentityJudge>(options.identity_judge, networks.picture_size());
  const SetPictures pictures(set, networks.picture_size(), networks.draws_foreground());
  if (!options.pictures.empty()) std::filesystem::create_directories(options.pictures);
  const EvaluationBench bench{options, plan, pictures, networks, landmarks, identities, context};
  const std::optional<Rows> rows = measure(bench);
  if (!rows) return std::nullopt;
  if (context.ranks.rank() != 0) return EvaluationReport();
  if (!options.picture.empty()) write_comparison(options.picture, bench);
  return report_of(bench, *rows);
}

}  // namespace understudy
