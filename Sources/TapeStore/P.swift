enum TapeStorePlaceholder {}
