import { newKey, upload } from '@/api/client'
import type { DocumentOut, DocumentVersion } from '@/api/requests'
import { isProblem } from '@/api/problem'

/** The newest version that was uploaded: what is to be sealed. */
export function uploadedVersion(document: DocumentOut | null): DocumentVersion | null {
  const uploaded = document?.versions.filter((version) => version.origin === 'uploaded') ?? []
  return uploaded.reduce<DocumentVersion | null>((newest, one) => (newest && newest.number > one.number ? newest : one), null)
}

/**
 * Uploads a PDF as a document of its own, or as the next version of one that is there; the version that it became.
 * Of one file and one purpose nothing is sent twice, however often a person tries again.
 */
export function useUploads() {
  const made = new Map<File, DocumentVersion>()

  async function send(file: File, title: string, documentId?: string): Promise<DocumentVersion> {
    const before = made.get(file)
    if (before) return before
    const version = uploadedVersion(await post(file, title, documentId))
    if (!version) throw new Error('An upload leaves a version.')
    made.set(file, version)
    return version
  }

  return { send }
}

async function post(file: File, title: string, documentId?: string): Promise<DocumentOut> {
  const form = new FormData()
  if (!documentId) form.append('title', title.slice(0, 200))
  form.append('file', file, file.name)
  const path = documentId ? `/documents/${documentId}/versions` : '/documents'
  try {
    return await upload<DocumentOut>(path, form, () => undefined, newKey())
  } catch (error) {
    // What somebody else began gets a document of its own in its place.
    if (documentId && isProblem(error, 'NOT_OWN_DOCUMENT')) return post(file, title)
    throw error
  }
}
