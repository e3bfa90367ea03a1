#include "bench/load/meter.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace sundog::bench {

namespace {

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t nanoseconds(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

}  // namespace

std::uint64_t clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return nanoseconds(now);
}

std::uint64_t server_cpu_ns(int server) {
  clockid_t clock{};
  timespec used{};
  if (server == 0 || clock_getcpuclockid(server, &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return nanoseconds(used);
}

std::uint64_t server_resident(int server) {
  if (server == 0) return 0;
  const std::string path = "/proc/" + std::to_string(server) + "/statm";
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

Meter::Meter(const Options& options) : options_(options), begin_ns_(clock_ns()) {
  if (options_.requests != 0) begin_measuring();
}

void Meter::begin_measuring() {
  measuring_ = true;
  begin_ns_ = clock_ns();
  server_begin_ns_ = server_cpu_ns(options_.server);
  requests_ = 0;
  latencies_.clear();
}

bool Meter::running() {
  const auto now_ns = clock_ns();
  if (!measuring_) {
    if (now_ns - begin_ns_ >= nanoseconds(options_.warm_up)) begin_measuring();
    return true;
  }
  const bool over = options_.requests != 0 ? requests_ >= options_.requests
                                           : now_ns - begin_ns_ >= nanoseconds(options_.seconds);
  if (over) {
    end_ns_ = now_ns;
    server_end_ns_ = server_cpu_ns(options_.server);
  }
  return !over;
}

void Meter::print() const {
  const double seconds = static_cast<double>(end_ns_ - begin_ns_) / 1e9;
  const double requests = static_cast<double>(requests_);
  const double server_ns = static_cast<double>(server_end_ns_ - server_begin_ns_);
  std::printf("{\"requests\": %.0f, \"seconds\": %.6f, \"requests_per_s\": %.1f", requests, seconds,
              requests / seconds);
  if (options_.server != 0) {
    std::printf(", \"cpu_ns_per_request\": %.1f, \"server_busy\": %.3f, \"resident_bytes\": %llu",
                server_ns / requests, server_ns / seconds / 1e9,
                static_cast<unsigned long long>(server_resident(options_.server)));
  }
  std::printf(", \"latency_ns\": {");
  constexpr double quantiles[] = {0.01, 0.05, 0.1,  0.2,  0.3,  0.4,   0.5,   0.6,    0.7,
                                  0.8,  0.9,  0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999};
  for (const double quantile : quantiles) {
    std::printf("\"%g\": %llu, ", quantile,
                static_cast<unsigned long long>(latencies_.quantile(quantile)));
  }
  std::printf("\"1\": %llu}}\n", static_cast<unsigned long long>(latencies_.max()));
}

}  // namespace sundog::bench
