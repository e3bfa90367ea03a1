// Serves the slide deck:  ./sundog run website [--port=8080] [--address=127.0.0.1] [--root=FOLDER]
#include "examples/website/config.hpp"
#include "examples/website/serve.hpp"
#include "sundog/io/main.hpp"

int main(int argc, char** argv) {
  return sundog::main(argc, argv, website::serve<website::Website>);
}
