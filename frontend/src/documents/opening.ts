import { addressOf, api } from '@/api/client'
import type { DocumentVersion } from '@/api/requests'

/** Opens a version of a document, by its id, in a page of its own. */
export async function openVersion(versionId: string): Promise<void> {
  const version = await api.get<DocumentVersion>(`/documents/versions/${versionId}`)
  window.open(addressOf(`/documents/${version.document_id}/versions/${version.number}/pages`), '_blank', 'noopener')
}
