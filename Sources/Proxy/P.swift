enum ProxyPlaceholder {}
