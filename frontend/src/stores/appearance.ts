import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'

export type Theme = 'light' | 'dark' | 'system'
const STORED = 'shuangyin.theme'

/** Light first; dark when the person or, on 'system', the machine asks for it. */
export const useAppearance = defineStore('appearance', () => {
  const machine = matchMedia('(prefers-color-scheme: dark)')
  const machineDark = ref(machine.matches)
  machine.addEventListener('change', (event) => (machineDark.value = event.matches))

  const stored = localStorage.getItem(STORED)
  const theme = ref<Theme>(stored === 'dark' || stored === 'system' ? stored : 'light')
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && machineDark.value))

  watchEffect(() => {
    document.documentElement.classList.toggle('dark', dark.value)
  })

  function choose(next: Theme): void {
    theme.value = next
    localStorage.setItem(STORED, next)
  }

  return { theme, dark, choose }
})
