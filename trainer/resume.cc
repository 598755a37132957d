#include "trainer/resume.h"

#include <fmt/format.h>

#include "common/config_writer.h"

namespace understudy {

std::vector<std::string> resume_differences(const RunSettings& before,
                                            const RunSettings& now,
                                            const Manifest& checkpoint,
                                            const std::map<std::string, std::string>& fingerprints) {
  std::vector<std::string> differences = method_differences(before.describing(), now.describing());
  for (const auto& [name, fingerprint] : fingerprints) {
    const auto known = checkpoint.data_fingerprints.find(name);
    if (known != checkpoint.data_fingerprints.end() && known->second != fingerprint) {
      differences.push_back(
          fmt::format("data.{}: the set's contents have changed, or which frames of it are used (fingerprint {:.12} in "
                      "the checkpoint, {:.12} now)",
                      name,
                      known->second,
                      fingerprint));
    }
  }
  return differences;
}

}  // namespace understudy
