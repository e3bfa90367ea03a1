// Before xs_wire.h, which lists only the error names that exist when it is read.
#include <cerrno>

#include "tests/sim/xen/store_daemon.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration work_max = 10us;
constexpr Duration slow_work_max = 500ms;
constexpr Duration tell_max = 50us;
constexpr std::size_t path_bytes_max = 2048;  // XENSTORE_ABS_PATH_MAX is 3072
// The daemon's own limit for a domain.
constexpr std::size_t transactions_max = 10;

const char* name_of(int error) {
  for (const auto& known : xsd_errors) {
    if (known.errnum == error) return known.errstring;
  }
  return "EINVAL";
}

// The texts of a payload, each of which ends in NUL.
std::vector<std::string> texts(const std::string& payload) {
  std::vector<std::string> found;
  for (std::size_t start = 0; start < payload.size();) {
    const std::size_t end = std::min(payload.find('\0', start), payload.size());
    found.push_back(payload.substr(start, end - start));
    start = end + 1;
  }
  return found;
}

std::string absolute(const std::string& path) {
  return path.starts_with("/") ? path : std::string(StoreDaemon::home) + "/" + path;
}
bool is_within(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder == "/" ? folder : folder + "/");
}

}  // namespace

StoreDaemon::StoreDaemon(Hypervisor& xen)
    : xen_(xen),
      world_(xen.world()),
      ring_(*reinterpret_cast<volatile xenstore_domain_interface*>(MemoryMap::store_page)),
      channel_(xen.channels(), [this] { serve(); }),
      working_(world_) {
  // A ring's indices may begin anywhere, also a little before they wrap.
  const auto requests = static_cast<std::uint32_t>(world_.prng().next());
  const auto answers = static_cast<std::uint32_t>(-world_.prng().between(0, 100));
  ring_.req_cons = requests;
  ring_.req_prod = requests;
  ring_.rsp_cons = answers;
  ring_.rsp_prod = answers;
  xen.set_parameter(HVM_PARAM_STORE_PFN, MemoryMap::store_page / MemoryMap::page_bytes);
  xen.set_parameter(HVM_PARAM_STORE_EVTCHN, xen.channels().make_for(channel_));
  for (const char* path : {"", "/data", "/control", "/device"}) {
    static_cast<void>(tree_.make_directory(0, std::string(home) + path));
  }
  static_cast<void>(tree_.take_changes());
}

// --- the ring -----------------------------------------------------------------------------------

void StoreDaemon::serve() {
  if (broken_) return;
  const Duration most = world_.strikes(Fault::slow_peer) ? slow_work_max : work_max;
  working_.arm(world_.prng().between(0ns, most), [this] { work(); });
}

void StoreDaemon::work() {
  if (may_be_hostile_ && world_.strikes(Fault::hostile_peer)) be_hostile();
  if (broken_) return;
  const bool has_read = read_ring();
  while (incoming_.size() >= sizeof(xsd_sockmsg)) {
    xsd_sockmsg header;
    std::memcpy(&header, incoming_.data(), sizeof header);
    if (header.len > XENSTORE_PAYLOAD_MAX) {
      return world_.fail("store: the domain sent a message longer than the protocol allows");
    }
    if (incoming_.size() < sizeof header + header.len) break;
    const std::string payload = incoming_.substr(sizeof header, header.len);
    incoming_.erase(0, sizeof header + header.len);
    take(header, payload);
  }
  const bool has_written = write_ring();
  if (has_read || has_written) {
    channel_.notify();
    serve();
  }
}

bool StoreDaemon::read_ring() {
  const std::uint32_t produced = ring_.req_prod;
  std::uint32_t consumed = ring_.req_cons;
  std::uint32_t count = produced - consumed;
  if (count > XENSTORE_RING_SIZE) world_.fail("store: the domain's index makes no sense");
  if (count == 0 || count > XENSTORE_RING_SIZE) return false;
  if (world_.strikes(Fault::short_read)) {
    count = static_cast<std::uint32_t>(world_.prng().between(1, count));
  }
  for (; count > 0; --count) incoming_ += ring_.req[MASK_XENSTORE_IDX(consumed++)];
  ring_.req_cons = consumed;
  return true;
}

bool StoreDaemon::write_ring() {
  std::uint32_t produced = ring_.rsp_prod;
  const std::uint32_t used = produced - ring_.rsp_cons;
  if (used > XENSTORE_RING_SIZE) world_.fail("store: the domain's index makes no sense");
  if (used >= XENSTORE_RING_SIZE || outgoing_.empty()) return false;
  std::uint64_t room = XENSTORE_RING_SIZE - used;
  if (world_.strikes(Fault::short_write)) room = world_.prng().between(1, room);
  for (; room > 0 && !outgoing_.empty(); --room) {
    ring_.rsp[MASK_XENSTORE_IDX(produced++)] = outgoing_.front()[sent_++];
    if (sent_ < outgoing_.front().size()) continue;
    outgoing_.pop_front();
    sent_ = 0;
  }
  ring_.rsp_prod = produced;
  if (last_words_ && outgoing_.empty()) broken_ = true;
  return true;
}

void StoreDaemon::send(std::uint32_t type, std::uint32_t request, std::uint32_t transaction,
                       std::string_view payload) {
  if (last_words_) return;
  const xsd_sockmsg header{type, request, transaction, static_cast<std::uint32_t>(payload.size())};
  std::string message(reinterpret_cast<const char*>(&header), sizeof header);
  message += payload;
  // Another one may be answered first, but not amidst a message.
  std::size_t place = outgoing_.size();
  const std::size_t first = sent_ > 0 ? 1 : 0;
  if (place > first && world_.strikes(Fault::reordered)) {
    place = world_.prng().between(first, place);
  }
  outgoing_.insert(outgoing_.begin() + static_cast<std::ptrdiff_t>(place), std::move(message));
  serve();
}

// --- requests -----------------------------------------------------------------------------------

void StoreDaemon::take(const xsd_sockmsg& header, const std::string& payload) {
  constexpr std::array refusals = {EIO, ENOMEM, EBUSY, EINVAL};
  std::string reply("OK", sizeof "OK");
  int error = 0;
  const bool gives_back = header.type == XS_TRANSACTION_END || header.type == XS_UNWATCH;
  if (header.tx_id != 0 && !tree_.is_open(header.tx_id)) {
    error = ENOENT;
  } else if (!gives_back && world_.strikes(Fault::refused)) {
    has_refused_ = true;
    error = refusals[world_.prng().below(refusals.size())];
  } else {
    error = carry_out(header, payload, reply);
  }
  xen_.record("store request", header.type, -error);
  if (error != 0) {
    const char* const name = name_of(error);
    send(XS_ERROR, header.req_id, header.tx_id, {name, std::strlen(name) + 1});
  } else {
    // The client that asked sees that, unless it has left.
    const bool wrong = wrong_answers_ && header.type != XS_WATCH && world_.prng().below(2) == 0;
    send(wrong ? XS_CONTROL : header.type, header.req_id, header.tx_id, reply);
    // The first event of a watch comes at once.
    if (header.type == XS_WATCH) send_event(watches_.back(), watches_.back().path);
  }
  tell_changes();
}

int StoreDaemon::carry_out(const xsd_sockmsg& header, const std::string& payload,
                           std::string& reply) {
  switch (header.type) {
    case XS_TRANSACTION_START:
      return begin_transaction(reply);
    case XS_TRANSACTION_END:
      return end_transaction(header.tx_id, payload);
    case XS_WATCH:
    case XS_UNWATCH:
      return carry_out_watch(header.type, payload);
    default:
      break;
  }
  const std::size_t end = payload.find('\0');
  if (end == std::string::npos || end == 0 || end > path_bytes_max) return EINVAL;
  const std::string path = absolute(payload.substr(0, end));
  const bool only_reads = header.type == XS_READ || header.type == XS_DIRECTORY;
  const bool readable = is_within(path, "/local/domain/0/backend");
  if (!is_within(path, std::string(home)) && !(only_reads && readable)) return EACCES;
  if (!only_reads && !forbidden_.empty() && is_within(path, forbidden_)) return EACCES;
  switch (header.type) {
    case XS_READ:
      return tree_.read(header.tx_id, path, reply);
    case XS_DIRECTORY: {
      std::vector<std::string> names;
      const int error = tree_.list(header.tx_id, path, names);
      reply.clear();
      for (const std::string& name : names) reply += name + '\0';
      return reply.size() > XENSTORE_PAYLOAD_MAX ? E2BIG : error;
    }
    case XS_WRITE:
      return tree_.write(header.tx_id, path, std::string_view(payload).substr(end + 1));
    case XS_MKDIR:
      return tree_.make_directory(header.tx_id, path);
    case XS_RM:
      return tree_.remove(header.tx_id, path);
    default:
      return EINVAL;
  }
}

int StoreDaemon::carry_out_watch(std::uint32_t type, const std::string& payload) {
  const std::vector<std::string> words = texts(payload);
  if (words.size() != 2) return EINVAL;
  const std::string path = absolute(words[0]);
  const auto known = std::find_if(watches_.begin(), watches_.end(), [&](const Watch& watch) {
    return watch.path == path && watch.token == words[1];
  });
  if (type == XS_WATCH) {
    if (known != watches_.end()) return EEXIST;
    watches_.push_back({path, words[1], !words[0].starts_with("/")});
    return 0;
  }
  if (known == watches_.end()) return ENOENT;
  watches_.erase(known);
  return 0;
}

int StoreDaemon::begin_transaction(std::string& reply) {
  if (tree_.open_count() >= transactions_max) return ENOSPC;
  reply = std::to_string(tree_.begin()) + '\0';
  if (wrong_answers_ && world_.prng().below(4) == 0) reply = std::string("none", 5);
  return 0;
}

int StoreDaemon::end_transaction(std::uint32_t number, const std::string& payload) {
  if (number == 0) return ENOENT;
  bool commit = payload == std::string("T", 2);
  if (!commit && payload != std::string("F", 2)) return EINVAL;
  const bool spoiled = commit && world_.strikes(Fault::conflict);
  const int error = tree_.end(number, commit && !spoiled);
  return spoiled ? EAGAIN : error;
}

// --- watches ------------------------------------------------------------------------------------

void StoreDaemon::send_event(const Watch& watch, const std::string& path) {
  const std::string shown = watch.relative ? path.substr(home.size() + 1) : path;
  send(XS_WATCH_EVENT, 0, 0, shown + '\0' + watch.token + '\0');
}

void StoreDaemon::tell_changes() {
  for (const std::string& path : tree_.take_changes()) {
    for (const Watch& watch : watches_) {
      if (is_within(path, watch.path)) {
        send_event(watch, path);
      } else if (is_within(watch.path, path)) {
        send_event(watch, watch.path);  // something above it was removed
      }
    }
    for (LocalWatch& watch : local_watches_) {
      if (!is_within(path, watch.path) && !is_within(watch.path, path)) continue;
      watch.calling.arm(world_.prng().between(0ns, tell_max), [&watch] { watch.changed(); });
    }
  }
}

// --- the rest of dom0 ---------------------------------------------------------------------------

void StoreDaemon::write(const std::string& path, std::string_view value) {
  static_cast<void>(tree_.write(0, path, value));
  tell_changes();
}

void StoreDaemon::remove(const std::string& path) {
  static_cast<void>(tree_.remove(0, path));
  tell_changes();
}

std::string StoreDaemon::read(const std::string& path) {
  std::string value;
  static_cast<void>(tree_.read(0, path, value));
  return value;
}

void StoreDaemon::on_change(std::string path, std::function<void()> changed) {
  LocalWatch& watch = local_watches_.emplace_back(world_, std::move(path), std::move(changed));
  watch.calling.arm(0ns, [&watch] { watch.changed(); });
}

// --- hostility ----------------------------------------------------------------------------------

void StoreDaemon::be_hostile() {
  xen_.record("store hostile", 0, 0);
  const auto number = static_cast<std::uint32_t>(world_.prng().next());
  switch (world_.prng().below(6)) {
    case 0:  // an answer that nobody waits for
      return send(XS_READ, number | 0x8000'0000U, 0, "surprise");
    case 1:  // events of watches that are not there, or that make no sense
      return send(XS_WATCH_EVENT, 0, 0, std::string("data/x\0nothing\0", 15));
    case 2:
      return send(XS_WATCH_EVENT, 0, 0, "no end");
    case 3:
      return send(XS_WATCH_EVENT, 0, 0, "");
    case 4:  // an answer to something else than was asked
      wrong_answers_ = true;
      return;
    default:
      return break_ring();
  }
}

void StoreDaemon::break_ring() {
  switch (world_.prng().below(3)) {
    case 0:  // more than the ring holds
      ring_.rsp_prod = ring_.rsp_cons + XENSTORE_RING_SIZE +
                       static_cast<std::uint32_t>(world_.prng().between(1, std::uint64_t{1} << 30));
      broken_ = true;
      break;
    case 1:  // room that cannot be
      ring_.req_cons = ring_.req_prod + static_cast<std::uint32_t>(world_.prng().between(1, 5000));
      ring_.rsp_prod = ring_.rsp_cons + XENSTORE_RING_SIZE + 1;
      broken_ = true;
      break;
    default: {  // a message longer than allowed
      const xsd_sockmsg header{XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1};
      outgoing_.resize(sent_ > 0 ? 1 : 0);  // what it is amidst of is sent to its end
      outgoing_.emplace_back(reinterpret_cast<const char*>(&header), sizeof header);
      last_words_ = true;
      break;
    }
  }
  channel_.notify();
}

}  // namespace sundog::sim::xen
