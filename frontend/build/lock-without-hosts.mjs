// The lock file is committed without names of hosts: what to fetch is fixed by version and digest, from where is the
// business of whoever installs. npm leaves out the download addresses by .npmrc; this takes the funding links out.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const entry of Object.values(lock.packages)) {
  delete entry.funding
  delete entry.resolved
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
