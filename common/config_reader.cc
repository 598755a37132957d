#include "common/config_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

class ConfigReader final : public ConfigVisitor {
 public:
  ConfigReader(const toml::table& root, std::string_view name, Problems& problems)
      : root_(root), name_(name), problems_(problems) {}

  void section(std::string_view name, std::string_view) override {
    section_ = name;
    known_[section_];
    const toml::node* node = root_.get(name);
    table_ = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && table_ == nullptr) {
      problems_.add(fmt::format("{}: [{}] must be a table, not {}", place(*node), name, type_name(*node)));
    }
  }

  void flag(const KeyInfo& key, bool& value) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto read = node->value_exact<bool>();
    if (!read) return wrong_type(key, *node, "true or false");
    value = *read;
  }

  void integer(const KeyInfo& key, std::int64_t& value, std::int64_t low, std::int64_t high) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto read = node->value_exact<std::int64_t>();
    if (!read) return wrong_type(key, *node, "an integer");
    if (check_range(key, *read, low, high)) value = *read;
  }

  void real(const KeyInfo& key, double& value, double low, double high) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_number()) return wrong_type(key, *node, "a number");
    const double read = *node->value<double>();
    if (check_range(key, read, low, high)) value = read;
  }

  void text(const KeyInfo& key, std::string& value) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto read = node->value_exact<std::string>();
    if (!read) return wrong_type(key, *node, "text");
    value = *read;
  }

  void texts(const KeyInfo& key, std::vector<std::string>& values) override {
    read_list(key, values, "texts", [](const toml::node& item) { return item.value_exact<std::string>(); });
  }

  void text_or_texts(const KeyInfo& key, std::vector<std::string>& values) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto text = node->value_exact<std::string>()) {
      values.assign(text->empty() ? 0 : 1, *text);
    } else if (node->is_array()) {
      texts(key, values);
    } else {
      wrong_type(key, *node, "text or a list of texts");
    }
  }

  void reals(const KeyInfo& key, std::vector<double>& values, double low, double high) override {
    read_list(key, values, "numbers", [&](const toml::node& item) -> std::optional<double> {
      if (!item.is_number()) return std::nullopt;
      check_range(key, *item.value<double>(), low, high);
      return item.value<double>();
    });
  }

  void integers(const KeyInfo& key, std::vector<std::int64_t>& values, std::int64_t low, std::int64_t high) override {
    read_list(key, values, "integers", [&](const toml::node& item) -> std::optional<std::int64_t> {
      const auto read = item.value_exact<std::int64_t>();
      if (read) check_range(key, *read, low, high);
      return read;
    });
  }

  void report_unknown_keys() {
    for (const auto& [section_key, node] : root_) {
      const std::string section_name(section_key.str());
      const auto known = known_.find(section_name);
      if (known == known_.end()) {
        report_unknown("section", section_name, "", node, section_names());
        continue;
      }
      if (!node.is_table()) continue;
      for (const auto& [key, value] : *node.as_table()) {
        const std::string name(key.str());
        if (!known->second.contains(name) && !former_[section_name].contains(name)) {
          report_unknown("key", name, section_name + ".", value, {known->second.begin(), known->second.end()});
        }
      }
    }
  }

 protected:
  void choose(const KeyInfo& key, std::size_t& index, const std::vector<std::string>& words) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto read = node->value_exact<std::string>();
    const auto found = read ? std::find(words.begin(), words.end(), *read) : words.end();
    if (found != words.end()) {
      index = static_cast<std::size_t>(found - words.begin());
      return;
    }
    std::string message = fmt::format("must be one of \"{}\"", fmt::join(words, "\", \""));
    if (read) message += fmt::format(", not \"{}\"", *read);
    problems_.add_key(full_name(key), message);
  }

 private:
  const toml::node* find(const KeyInfo& key) {
    known_[section_].insert(std::string(key.name));
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key.name);
    if (const toml::node* former = find_former(key)) {
      if (node == nullptr) {
        node = former;
      } else {
        problems_.add_key(full_name(key),
                          fmt::format("was named {} before, and both are set; leave that out", key.former));
      }
    }
    if (node != nullptr) problems_.set_place(full_name(key), place(*node));
    return node;
  }

  /// What an older file has under the key's former name.
  const toml::node* find_former(const KeyInfo& key) {
    if (key.former.empty()) return nullptr;
    const std::string section(key.former.substr(0, key.former.find('.')));
    const std::string name(key.former.substr(section.size() + 1));
    former_[section].insert(name);
    return root_[section][name].node();
  }

  std::string full_name(const KeyInfo& key) const { return fmt::format("{}.{}", section_, key.name); }

  /// Overrides are parsed without a file, so a node without a path came from the command line.
  std::string place(const toml::node& node) const {
    return node.source().path ? fmt::format("{}:{}", name_, node.source().begin.line) : "--set";
  }

  void wrong_type(const KeyInfo& key, const toml::node& node, std::string_view wanted) {
    problems_.add_key(full_name(key), fmt::format("must be {}, not {}", wanted, type_name(node)));
  }

  template <class Value>
  bool check_range(const KeyInfo& key, Value value, Value low, Value high) {
    if (value >= low && value <= high) return true;
    const bool open_end = high == std::numeric_limits<Value>::max() ||
                          (std::is_floating_point_v<Value> && std::isinf(static_cast<double>(high)));
    problems_.add_key(full_name(key),
                      open_end ? fmt::format("must be at least {}, not {}", low, value)
                               : fmt::format("must lie between {} and {}, not be {}", low, high, value));
    return false;
  }

  template <class Value, class Read>
  void read_list(const KeyInfo& key, std::vector<Value>& values, std::string_view wanted, Read read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return wrong_type(key, *node, fmt::format("a list of {}", wanted));
    std::vector<Value> result;
    for (const toml::node& item : *array) {
      const std::optional<Value> value = read(item);
      if (!value) return wrong_type(key, item, fmt::format("a list of {}", wanted));
      result.push_back(*value);
    }
    values = std::move(result);
  }

  std::vector<std::string> section_names() const {
    std::vector<std::string> names;
    for (const auto& [name, keys] : known_) names.push_back(name);
    return names;
  }

  void report_unknown(std::string_view what,
                      const std::string& name,
                      const std::string& prefix,
                      const toml::node& node,
                      const std::vector<std::string>& candidates) {
    const std::string near = nearest_word(name, candidates);
    problems_.add(fmt::format("{}: {}{}: unknown {}{}",
                              place(node),
                              prefix,
                              name,
                              what,
                              near.empty() ? "" : fmt::format("; did you mean {}{}?", prefix, near)));
  }

  const toml::table& root_;
  std::string_view name_;
  Problems& problems_;
  std::string section_;
  const toml::table* table_ = nullptr;
  std::map<std::string, std::set<std::string>> known_;
  std::map<std::string, std::set<std::string>> former_;  ///< keys that have another name now
};

/// [a, b] of bare words as a list of strings; nothing for any other text.
std::optional<toml::array> parse_bare_list(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  if (text.find_first_of("\"'") != std::string_view::npos) return std::nullopt;
  toml::array words;
  std::string_view rest = text.substr(1, text.size() - 2);
  for (;;) {
    const std::string_view item = rest.substr(0, rest.find(','));
    const auto first = item.find_first_not_of(' ');
    const auto last = item.find_last_not_of(' ');
    words.push_back(first == std::string_view::npos ? std::string()
                                                    : std::string(item.substr(first, last - first + 1)));
    if (item.size() == rest.size()) return words;
    rest.remove_prefix(item.size() + 1);
  }
}

/// The table {section = {key = value}} of one override; a value that is no TOML is taken as a string, or as a list of
/// them in brackets.
toml::table parse_override_table(const ConfigOverride& item) {
  const auto dot = item.key.find('.');
  const std::string section = item.key.substr(0, dot);
  const std::string key = item.key.substr(dot + 1);
  try {
    return toml::parse(fmt::format("[{}]\n{} = {}", section, key, item.value));
  } catch (const toml::parse_error&) {
    if (auto list = parse_bare_list(item.value)) return toml::table{{section, toml::table{{key, *std::move(list)}}}};
    return toml::table{{section, toml::table{{key, item.value}}}};
  }
}

void apply_override(toml::table& root, const ConfigOverride& item) {
  toml::table parsed = parse_override_table(item);
  for (auto& [section, table] : parsed) {
    if (root.get(section.str()) == nullptr || !root.get(section.str())->is_table())
      root.insert_or_assign(section.str(), toml::table{});
    toml::table& target = *root.get(section.str())->as_table();
    for (auto& [key, value] : *table.as_table()) target.insert_or_assign(key.str(), value);
  }
}

toml::table parse_toml(std::string_view text, std::string_view name) {
  return toml::parse(text, std::string(name));
}

}  // namespace

ConfigOverride parse_override(std::string_view text) {
  const auto equals = text.find('=');
  const auto dot = text.find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot > equals || dot == 0 ||
      dot + 1 == equals) {
    throw ConfigError(
        fmt::format("--set {}: write SECTION.KEY=VALUE, for example --set optimizer.learning_rate=5e-5", text));
  }
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

bool read_config(std::string_view toml,
                 std::string_view name,
                 const std::vector<ConfigOverride>& overrides,
                 const DescribeConfig& describe,
                 Problems& problems) {
  toml::table root;
  try {
    root = parse_toml(toml, name);
  } catch (const toml::parse_error& error) {
    problems.add(fmt::format("{}:{}:{}: not valid TOML: {}",
                             name,
                             error.source().begin.line,
                             error.source().begin.column,
                             error.description()));
    return false;
  }
  for (const ConfigOverride& item : overrides) {
    try {
      apply_override(root, item);
    } catch (const toml::parse_error& error) {
      problems.add(fmt::format("--set {}={}: {}", item.key, item.value, error.description()));
    }
  }
  ConfigReader reader(root, name, problems);
  describe(reader);
  reader.report_unknown_keys();
  return true;
}

std::string peek_text_key(std::string_view toml,
                          const std::vector<ConfigOverride>& overrides,
                          std::string_view section,
                          std::string_view key,
                          std::string_view fallback) {
  for (auto item = overrides.rbegin(); item != overrides.rend(); ++item) {
    if (item->key == fmt::format("{}.{}", section, key)) return item->value;
  }
  try {
    const toml::table root = parse_toml(toml, "");
    return root[section][key].value_or(std::string(fallback));
  } catch (const toml::parse_error&) {
    return std::string(fallback);
  }
}

}  // namespace understudy
