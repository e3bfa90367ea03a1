// Serves a folder:  ./sundog run file_server --root=FOLDER [--port=8080] [--address=127.0.0.1]
#include "examples/file_server/config.hpp"
#include "examples/website/serve.hpp"
#include "sundog/io/main.hpp"

int main(int argc, char** argv) {
  return sundog::main(argc, argv, website::serve<file_server::FileServer>);
}
