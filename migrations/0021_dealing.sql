-- What somebody did, where the fact is a dealing: bought or inquired, then what was so at it, with blanks between.
ALTER TABLE vault.fact ADD COLUMN dealing text;
-- The country somebody says they live in, by its two letters: which law may imply a yes is the law of a country.
ALTER TABLE vault.customer ADD COLUMN country text;
