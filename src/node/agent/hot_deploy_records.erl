%% What release_handler has to find on disk and in its memory. A stock mix release brings none of it.
-module(hot_deploy_records).
-export([ensure/2, undo/1, swap_config/3, restore_config/1]).

-record(records, {created :: boolean(), unpacked :: string() | none}).
-record(swap, {file :: string(), before :: {binary(), non_neg_integer()} | none | keep}).

%% Makes the record of the running release whole, and the new one known. Without RELEASES release_handler
%% makes up a record with no libraries: a downgrade then crashes in it, and remove_release deletes the
%% running release.
-spec ensure(string(), string()) -> #records{}.
ensure(From, To) ->
    Created = not whole(From) andalso create(From),
    Unpacked = not known(To) andalso unpack(To),
    #records{created = Created, unpacked = case Unpacked of true -> To; false -> none end}.

-spec undo(#records{}) -> ok.
undo(#records{created = Created, unpacked = Unpacked}) ->
    Unpacked =/= none andalso release_handler:set_removed(Unpacked),
    case Created of
        true ->
            ok = file:delete(releases_file()),
            restart_handler();
        false ->
            ok
    end.

whole(Version) ->
    case lists:keyfind(Version, 2, release_handler:which_releases()) of
        {_, _, [_ | _], _} -> filelib:is_regular(releases_file());
        _ -> false
    end.

known(Version) -> lists:keymember(Version, 2, release_handler:which_releases()).

create(Version) ->
    Root = hot_deploy_node:root(),
    ok = release_handler:create_RELEASES(Root, filename:join(Root, "releases"), rel_file(Version), []),
    restart_handler(),
    true.

%% It reads RELEASES only when it starts. Nobody depends on it: it holds no state that is not on disk.
restart_handler() ->
    ok = supervisor:terminate_child(sasl_sup, release_handler),
    {ok, _} = supervisor:restart_child(sasl_sup, release_handler),
    ok.

unpack(Version) ->
    {ok, _} = release_handler:set_unpacked(rel_file(Version), []),
    true.

rel_file(Version) ->
    Directory = filename:join([hot_deploy_node:root(), "releases", Version]),
    {Name, _} = hot_deploy_node:running_release(),
    Named = filename:join(Directory, Name ++ ".rel"),
    case filelib:is_regular(Named) of
        true -> Named;
        false -> filename:join(Directory, "start.rel")
    end.

releases_file() -> filename:join([hot_deploy_node:root(), "releases", "RELEASES"]).

%% release_handler takes the new environment from releases/VSN/sys.config and from nowhere else. So for the
%% moment of the switch it holds the resolved one: secrets, hence only for the VM's own user, and only then.
-spec swap_config(string(), hot_deploy_environment:expected(), hot_deploy_config:resolved()) -> #swap{}.
swap_config(Version, Environment, #{rendered := Rendered}) ->
    File = filename:join([hot_deploy_node:root(), "releases", Version, "sys.config"]),
    Before =
        case {file:read_file(File), file:read_file_info(File)} of
            {{ok, Text}, {ok, Info}} -> {Text, element(8, Info)};
            _ -> none
        end,
    write(File, io_lib:format("%% coding: utf-8~n~0tp.~n", [hot_deploy_environment:portable(Environment)]), 8#600),
    case Rendered of
        none -> #swap{file = File, before = Before};
        %% relx's start script leaves the rendered file here on every boot.
        _ -> #swap{file = File, before = {Rendered, 8#600}}
    end.

-spec restore_config(#swap{}) -> ok.
restore_config(#swap{file = File, before = none}) -> file:delete(File);
restore_config(#swap{file = File, before = {Text, Mode}}) -> write(File, Text, Mode band 8#777).

%% Renamed into place, so that a reader sees the one or the other and nobody sees it before its mode is set.
write(File, Text, Mode) ->
    Temporary = File ++ ".hot-deploy",
    ok = file:write_file(Temporary, <<>>),
    ok = file:change_mode(Temporary, Mode),
    ok = file:write_file(Temporary, unicode:characters_to_binary(Text)),
    ok = file:rename(Temporary, File).
