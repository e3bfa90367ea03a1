// Client: gets an interface of Sundog's own stack its IPv4 address, routers and mtu by DHCP, and
// keeps them for as long as it runs.
//
//   dhcp::Client client(host.ip(), host.udp(), host.ticks(), random_source, wire_id);
//   tasks.spawn(client.run());
//   const dhcp::Lease lease = co_await client.bound();
//
// What to do when is the business of machine.hpp; here it meets the network. An address that was
// granted is used when no other machine has answered for it (RFC 5227), and declined otherwise. The
// name servers of a lease are for whoever makes a resolver.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sundog/io/net/dhcp/lease.hpp"
#include "sundog/io/net/dhcp/machine.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ip_layer.hpp"
#include "sundog/io/net/ipv4/arp.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/udp/udp.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net::dhcp {

class Client final : private Actions, private AddressClaimant, private Ticked {
 public:
  // All outlive it; the interface has a device. `host_name` is told to the server; empty for none.
  Client(IpLayer& ip, Udp& udp, Ticks& ticks, RandomSource& random, InterfaceId interface,
         std::string host_name = std::string());
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Once. Asks again for the address that it had `before`, if there is one. Ends only when it is
  // cancelled: the address is then given back. Throws std::system_error if the client's port is not
  // to be had, and std::bad_alloc.
  Task<void> run(std::optional<IpAddress> before = std::nullopt);
  // Waits until there is an address, and gives the lease.
  Task<Lease> bound();
  // Null while there is none.
  const Lease* lease() const noexcept { return machine_.lease(); }
  // See Machine.
  void link_came_back() noexcept;

 private:
  class Running;

  void send(Bytes message, const IpAddress& source, const IpAddress& server) noexcept override;
  void claim(const Lease& lease) noexcept override;
  void use(const Lease& lease) noexcept override;
  void give_up(const Lease& lease) noexcept override;
  void claimed(const Prefix& address) noexcept override;
  void lost(const Prefix& address) noexcept override;
  void tick(TimePoint now) noexcept override;
  // After each step of the machine.
  void plan() noexcept;
  void try_claim() noexcept;
  void set_routes(const Lease& lease);
  void remove_routes() noexcept;

  IpLayer& ip_;
  Udp& udp_;
  Ticks& ticks_;
  const InterfaceId interface_;
  const std::uint32_t link_mtu_;
  Machine machine_;
  // Only while it runs.
  std::shared_ptr<UdpSocket> socket_;
  // An address that could not be claimed yet, as there was no memory.
  std::optional<Prefix> to_claim_;
  AddressList routers_;  // for which there are routes
  Condition<> news_;
};

}  // namespace sundog::net::dhcp
