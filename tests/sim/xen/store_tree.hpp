// StoreTree: what xenstored keeps: names and values, and transactions over them
// (docs/misc/xenstore.txt in Xen's tree).
//
// A transaction works on a copy. It is refused at its end (EAGAIN) when something that it has seen
// or changed was changed by somebody else since it began.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sundog::sim::xen {

class StoreTree {
 public:
  StoreTree() { nodes_["/"]; }

  // Results are 0 or an errno; 0 names what is outside of any transaction, else its number.
  int read(std::uint32_t transaction, const std::string& path, std::string& value);
  int list(std::uint32_t transaction, const std::string& path, std::vector<std::string>& names);
  int write(std::uint32_t transaction, const std::string& path, std::string_view value);
  int make_directory(std::uint32_t transaction, const std::string& path);
  int remove(std::uint32_t transaction, const std::string& path);

  std::uint32_t begin();
  bool is_open(std::uint32_t transaction) const { return transactions_.contains(transaction); }
  std::size_t open_count() const noexcept { return transactions_.size(); }
  // Commits or aborts.
  int end(std::uint32_t transaction, bool commit);

  // What has changed since the last call, outside of transactions or by their end.
  std::vector<std::string> take_changes() { return std::exchange(changed_, {}); }

 private:
  struct Node {
    std::string value;
    // Of its value or of the names below it.
    std::uint64_t version = 0;
  };
  using Nodes = std::map<std::string, Node>;
  struct Transaction {
    Nodes nodes;
    std::uint64_t began;
    std::set<std::string> seen;
    std::vector<std::string> changed;
  };
  // Where an operation takes place.
  struct View {
    Nodes& nodes;
    Transaction* transaction;
  };

  View view(std::uint32_t transaction);
  static void see(View view, const std::string& path);
  void change(View view, const std::string& path);
  // Makes the node and those above it that are missing.
  void make(View view, const std::string& path);

  Nodes nodes_;
  std::uint64_t version_ = 0;
  std::map<std::uint32_t, Transaction> transactions_;
  std::uint32_t last_transaction_ = 0;
  std::vector<std::string> changed_;
};

}  // namespace sundog::sim::xen
