import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const FOLDERS = ['cmaps', 'standard_fonts', 'wasm']
const SERVED_UNDER = 'pdfjs/'

/**
 * Puts the character maps, standard fonts and decoders of pdf.js beside the application. Without them pages whose
 * Chinese fonts are not embedded stay blank, and nothing may be fetched from elsewhere.
 */
export function pdfjsAssets(): Plugin {
  const root = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))
  let base = '/'
  return {
    name: 'pdfjs-assets',
    configResolved(config) {
      base = config.base
    },
    generateBundle() {
      for (const folder of FOLDERS) {
        for (const name of readdirSync(join(root, folder))) {
          const path = join(root, folder, name)
          if (!statSync(path).isFile()) continue
          this.emitFile({ type: 'asset', fileName: `${SERVED_UNDER}${folder}/${name}`, source: readFileSync(path) })
        }
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split('?')[0] ?? ''
        const prefix = base + SERVED_UNDER
        if (!path.startsWith(prefix)) return next()
        const file = normalize(join(root, decodeURIComponent(path.slice(prefix.length))))
        if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) return next()
        createReadStream(file).pipe(response)
      })
    },
  }
}
