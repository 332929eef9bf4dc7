"""What a circle makes public: harvested by its members, agreed to by those quoted."""
