"""One async function for each thing somebody can do: gate, read, decide, write. Each owns its transaction."""
