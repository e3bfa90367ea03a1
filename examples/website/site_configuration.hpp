// What the website and the file server can both be told when they start, but what they serve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/http/access_log_line.hpp"
#include "sundog/io/http/file_parameters.hpp"
#include "sundog/io/http/limits.hpp"

namespace website {

using namespace sundog;

struct SiteConfiguration : Configuration {
  using Configuration::Configuration;

  ParameterGroup where{*this, "Where to listen"};
  Parameter<IpAddress> address{*this, "address", "where to listen; 0.0.0.0 or :: for all addresses",
                               IpAddress::loopback_v4()};
  Parameter<std::uint16_t> port{*this, "port", "the port to listen on; 0 for any that is free",
                                8080};

  ParameterGroup clients{*this, "Connections and requests"};
  Parameter<std::size_t> connections{*this,
                                     "connections",
                                     "how many at once; those that were idle longest make room",
                                     http::connection_count_max,
                                     {1, 1'000'000}};
  Parameter<std::size_t> connections_per_client{*this, "connections-per-client",
                                                "how many of one address; 0 for any number", 0};
  Parameter<Duration> idle_timeout{*this, "idle-timeout",
                                   "how long a connection may wait for its next request",
                                   http::idle_timeout};
  Parameter<Duration> header_timeout{*this, "header-timeout",
                                     "how long the head of a request may take to come",
                                     http::header_timeout};
  Parameter<Duration> stop_timeout{*this, "stop-timeout",
                                   "how long requests under way may take after a stop",
                                   http::stop_timeout};
  Parameter<ByteCount> request_line{*this, "request-line", "the longest request line",
                                    ByteCount{http::request_line_bytes_max}};
  Parameter<ByteCount> request_fields{*this, "request-fields",
                                      "the most that all header fields of a request may take",
                                      ByteCount{http::field_section_bytes_max}};

  ParameterGroup what{*this, "Pages"};
  Parameter<http::PathFields> fields{
      *this, "fields", "header fields for pages, as Cache-Control", {}};
  Parameter<http::ErrorPages> error_pages{*this, "error-pages", "pages to send with errors", {}};
  Parameter<http::MediaTypes> types{*this, "types", "media types of further extensions", {}};
  Parameter<bool> precompressed{
      *this, "precompressed",
      "sends page.css.br, .zst or .gz for page.css to clients that accept it", false};
  Parameter<ByteCount> compress{
      *this, "compress",
      "compresses text up to this size while it is sent to clients that accept gzip; 0 for never",
      ByteCount{0}};
  Parameter<bool> listings{*this, "listings", "lists folders that have no index page", false};

  ParameterGroup watching{*this, "For operators"};
  Parameter<std::string> access_log{
      *this, "access-log", "a file to add a line to for each request; SIGHUP opens it anew", ""};
  Parameter<http::AccessLogFormat> access_log_format{
      *this,
      "access-log-format",
      "how its lines look: as other web servers write them, or JSON",
      http::AccessLogFormat::combined,
      {{"combined", http::AccessLogFormat::combined}, {"json", http::AccessLogFormat::json}}};
  Parameter<std::string> health_path{*this, "health-path",
                                     "a page that says whether the server is well, as /health", ""};
  Parameter<std::string> metrics_path{*this, "metrics-path",
                                      "a page with figures for Prometheus, as /metrics", ""};
  Parameter<std::optional<std::uint16_t>> metrics_port{
      *this,
      "metrics-port",
      "a port of their own for these two pages, which are then /metrics and /health there",
      {}};
};

}  // namespace website
