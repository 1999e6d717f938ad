import type { PDFDocumentLoadingTask, PDFDocumentProxy } from 'pdfjs-dist'
import workerAddress from 'pdfjs-dist/legacy/build/pdf.worker.mjs?url'

/** Beside the application: character maps and fonts for Chinese pages that embed none. See build/pdfjs-assets.ts. */
const ASSETS = `${import.meta.env.BASE_URL}pdfjs/`

export type { PDFDocumentProxy }

/**
 * Opens a document of the platform with pdf.js, which is loaded only then. The legacy build also runs in the older
 * browsers that offices still have. The caller destroys the task when he is done with the document.
 */
export async function openPdf(address: string): Promise<PDFDocumentLoadingTask> {
  const pdfjs = (await import('pdfjs-dist/legacy/build/pdf.mjs')) as typeof import('pdfjs-dist')
  pdfjs.GlobalWorkerOptions.workerSrc = workerAddress
  return pdfjs.getDocument({
    url: address,
    cMapUrl: `${ASSETS}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${ASSETS}standard_fonts/`,
    wasmUrl: `${ASSETS}wasm/`,
    enableXfa: false,
  })
}
