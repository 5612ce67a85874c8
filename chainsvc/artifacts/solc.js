#!/usr/bin/env node
// Speaks enough of the native compiler's command line for standard JSON: npm's solc is the same
// compiler, but its own solcjs cannot read from or write to a pipe.
const fs = require("fs");
const path = require("path");

const contracts = path.join(__dirname, "..", "..", "contracts");
const solc = require(require.resolve("solc", { paths: [contracts] }));

if (process.argv.includes("--version")) {
  console.log(`Version: ${solc.version()}`);
} else {
  const output = Buffer.from(solc.compile(fs.readFileSync(0, "utf8")));
  for (let done = 0; done < output.length; ) {
    try {
      done += fs.writeSync(1, output, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // the pipe is full: the reader needs a moment
    }
  }
}
