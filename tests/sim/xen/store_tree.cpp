#include "tests/sim/xen/store_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sundog::sim::xen {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}
// What every path below this one begins with.
std::string below(const std::string& path) { return path == "/" ? path : path + "/"; }

}  // namespace

StoreTree::View StoreTree::view(std::uint32_t transaction) {
  if (transaction == 0) return {nodes_, nullptr};
  Transaction& open = transactions_.at(transaction);
  return {open.nodes, &open};
}

void StoreTree::see(View view, const std::string& path) {
  if (view.transaction != nullptr) view.transaction->seen.insert(path);
}

void StoreTree::change(View view, const std::string& path) {
  see(view, path);
  std::vector<std::string>& changed =
      view.transaction != nullptr ? view.transaction->changed : changed_;
  changed.push_back(path);
}

void StoreTree::make(View view, const std::string& path) {
  if (view.nodes.contains(path)) return;
  const std::string parent = parent_of(path);
  make(view, parent);
  view.nodes[path].version = ++version_;
  view.nodes[parent].version = version_;
  see(view, parent);
}

int StoreTree::read(std::uint32_t transaction, const std::string& path, std::string& value) {
  const View where = view(transaction);
  see(where, path);
  const auto node = where.nodes.find(path);
  if (node == where.nodes.end()) return ENOENT;
  value = node->second.value;
  return 0;
}

int StoreTree::list(std::uint32_t transaction, const std::string& path,
                    std::vector<std::string>& names) {
  const View where = view(transaction);
  see(where, path);
  if (!where.nodes.contains(path)) return ENOENT;
  const std::string prefix = below(path);
  for (auto node = where.nodes.lower_bound(prefix);
       node != where.nodes.end() && node->first.starts_with(prefix); ++node) {
    const std::string name = node->first.substr(prefix.size());
    if (!name.empty() && name.find('/') == std::string::npos) names.push_back(name);
  }
  return 0;
}

int StoreTree::write(std::uint32_t transaction, const std::string& path, std::string_view value) {
  const View where = view(transaction);
  make(where, path);
  Node& node = where.nodes[path];
  node.value = value;
  node.version = ++version_;
  change(where, path);
  return 0;
}

int StoreTree::make_directory(std::uint32_t transaction, const std::string& path) {
  const View where = view(transaction);
  if (where.nodes.contains(path)) {
    see(where, path);
    return 0;
  }
  make(where, path);
  change(where, path);
  return 0;
}

int StoreTree::remove(std::uint32_t transaction, const std::string& path) {
  const View where = view(transaction);
  see(where, path);
  if (!where.nodes.contains(path)) {
    return where.nodes.contains(parent_of(path)) ? 0 : ENOENT;
  }
  if (path == "/") return EINVAL;
  const std::string prefix = below(path);
  std::erase_if(where.nodes, [&](const auto& node) {
    return node.first == path || node.first.starts_with(prefix);
  });
  where.nodes[parent_of(path)].version = ++version_;
  see(where, parent_of(path));
  change(where, path);
  return 0;
}

std::uint32_t StoreTree::begin() {
  transactions_[++last_transaction_] = {nodes_, version_, {}, {}};
  return last_transaction_;
}

int StoreTree::end(std::uint32_t transaction, bool commit) {
  Transaction ended = std::move(transactions_.at(transaction));
  transactions_.erase(transaction);
  if (!commit) return 0;
  for (const std::string& path : ended.seen) {
    const auto before = ended.nodes.find(path);
    const auto now = nodes_.find(path);
    // One that is new on one side only, or was changed behind this transaction's back.
    if (now != nodes_.end() && now->second.version > ended.began) return EAGAIN;
    if (now == nodes_.end() && before != ended.nodes.end() &&
        before->second.version <= ended.began) {
      return EAGAIN;
    }
  }
  for (const std::string& path : ended.changed) {
    const auto node = ended.nodes.find(path);
    if (node != ended.nodes.end()) {
      make({nodes_, nullptr}, path);
      nodes_[path] = {node->second.value, ++version_};
    } else {
      static_cast<void>(remove(0, path));
      continue;
    }
    changed_.push_back(path);
  }
  return 0;
}

}  // namespace sundog::sim::xen
