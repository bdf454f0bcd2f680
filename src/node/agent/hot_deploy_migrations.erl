%% Who runs migrations when a release starts, as far as its beams tell.
-module(hot_deploy_migrations).
-export([read/1]).

-define(MIGRATOR, <<"Elixir.Ecto.Migrator">>).
%% They are the migrator's own, or for development.
-define(LIBRARIES, [ecto_sql, phoenix_ecto]).

%% Applications are names with directories. Answers which modules have to do with the migrator, and which applications' start
%% functions, or what these name in their own application, have to do with one of them.
-spec read(#{applications := [{atom(), string()}]}) -> hot_deploy_json:json().
read(#{applications := Applications}) ->
    Beams = [{Application, Module, Names} || {Application, Directory} <- Applications,
                                             not lists:member(Application, ?LIBRARIES),
                                             {Module, Names} <- names(Directory)],
    Runners = [Module || {_, Module, Names} <- Beams, mentions(Names, ?MIGRATOR), not is_task(Module)],
    Starters = [#{application => Application, module => Start, migrator => Migrator}
                || {Application, Directory} <- Applications,
                   Start <- start_module(Application, Directory),
                   Migrator <- reached(Application, Start, Runners, Beams)],
    #{runners => Runners, starters => Starters}.

is_task(Module) -> string:prefix(Module, "Elixir.Mix.Tasks.") =/= nomatch.

start_module(Application, Directory) ->
    case file:consult(filename:join([Directory, "ebin", lists:concat([Application, ".app"])])) of
        {ok, [{application, _, Keys}]} ->
            case proplists:get_value(mod, Keys) of
                {Module, _} when is_atom(Module) -> [atom_to_binary(Module)];
                _ -> []
            end;
        _ ->
            []
    end.

%% At most one: the first that is found, nearest first.
reached(Application, Start, Runners, Beams) ->
    Own = [{Module, Names} || {In, Module, Names} <- Beams, In =:= Application],
    Near = [Names || {Module, Names} <- Own, Module =:= Start],
    Next = [Names || {Module, Names} <- Own, Module =/= Start, lists:any(fun(By) -> mentions(By, Module) end, Near)],
    lists:sublist(
        [Migrator || Names <- Near ++ Next, Migrator <- [?MIGRATOR | Runners], mentions(Names, Migrator)], 1
    ).

names(Directory) ->
    [{list_to_binary(filename:basename(File, ".beam")), named(File)} || File <- filelib:wildcard(Directory ++ "/ebin/*.beam")].

%% Atoms of the code, and literals: `{Module, Options}` in a list of children is one.
named(File) ->
    Chunks = case beam_lib:chunks(File, [atoms, "LitT"], [allow_missing_chunks]) of
        {ok, {_, Found}} -> maps:from_list(Found);
        {error, beam_lib, _} -> #{}
    end,
    Atoms = case Chunks of
        #{atoms := Numbered} when is_list(Numbered) -> [atom_to_binary(Atom) || {_, Atom} <- Numbered];
        _ -> []
    end,
    {maps:from_list([{Atom, true} || Atom <- Atoms]), literals(Chunks)}.

literals(#{"LitT" := <<0:32, Plain/binary>>}) -> Plain;
literals(#{"LitT" := <<_:32, Packed/binary>>}) -> zlib:uncompress(Packed);
literals(_) -> <<>>.

%% In a literal a name stands after its length.
mentions({Atoms, Literals}, Name) ->
    is_map_key(Name, Atoms) orelse binary:match(Literals, <<(byte_size(Name)), Name/binary>>) =/= nomatch.
