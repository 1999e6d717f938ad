// Compiles CheckpointAnchor.sol and writes ABI and bytecode as JSON to standard output.
// Run it with the compiler of tests/chain: node contracts/compile.js
const fs = require('fs')
const path = require('path')
const solc = require(path.join(__dirname, '../tests/chain/node_modules/solc'))

const name = 'CheckpointAnchor.sol'
const input = {
  language: 'Solidity',
  sources: { [name]: { content: fs.readFileSync(path.join(__dirname, name), 'utf8') } },
  settings: {
    // Consortium chains run older machines; paris knows no PUSH0.
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
  },
}
const output = JSON.parse(solc.compile(JSON.stringify(input)))
for (const message of output.errors || []) process.stderr.write(message.formattedMessage + '\n')
const made = output.contracts[name].CheckpointAnchor
const result = {
  compiler: solc.version(),
  evmVersion: input.settings.evmVersion,
  abi: made.abi,
  bytecode: '0x' + made.evm.bytecode.object,
  deployedBytecode: '0x' + made.evm.deployedBytecode.object,
}
process.stdout.write(JSON.stringify(result, null, 1) + '\n')
