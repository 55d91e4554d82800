// The name only: it opens nothing that its owner could not type. A year.
export default function ({ data }) {
  document.cookie = `${data.cookie}=${data.value}; path=/; max-age=31536000; samesite=lax`;
}
