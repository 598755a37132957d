#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// Processors in the kernel's notation: "0-2,8" is 0, 1, 2, 8. @return  nothing when the text is no list
std::optional<std::vector<int>> processors_from(std::string_view text);

/// The processors of the memory node (NUMA) that a card is plugged into, as the kernel tells in /sys.
/// @return  empty when the kernel does not say, or the machine has one memory node
std::vector<int> processors_near(const std::string& pci_address, const std::filesystem::path& sys = "/sys");

/// Lets the calling thread, and those it starts from now on, run only on the processors near a card that they may use
/// already; nothing changes where there are none.
/// @return  the processors chosen, "0-31"; empty when nothing changed
std::string bind_to_processors_near(const std::string& pci_address);

}  // namespace understudy
